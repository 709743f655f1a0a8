"""Slash commands: runs when a person wrote a comment. A row of `bot/domain/commands.py` finds its reaction here."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.comments import replies
from bot.domain.commands import TABLE, BadCommand, Command, UnknownCommand, parse
from bot.domain.config import CommandSettings, Config, Environment
from bot.domain.deployments import Deployment, DeploymentState, Progress, Wait
from bot.domain.errors import UserMistake
from bot.domain.events import CommentWritten
from bot.domain.permissions import Person, heard, may, teams_asked
from bot.domain.pulls import Comment
from bot.domain.subjects import Target, look_job, plan_job, pull_key, say_commit_job, say_pull_job
from bot.planning.configs import config_at
from bot.ports.forge import Forge
from bot.ports.ledger import Said, Transaction
from bot.ports.reactions import Emoji
from bot.ports.world import Ports
from handlers.say import reply

NEEDS = ("contents:read", "issues:write", "pull_requests:write")
NOTHING = Config(apps={}, environments={}, commands=CommandSettings())


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for: where, by whom, and the rules at the tip. `slot` names the command for good."""

    event: CommentWritten
    slot: str
    person: Person
    config: Config
    ports: Ports

    @property
    def repository(self) -> str:
        """The repository's key."""
        return self.event.repository.key

    def first_time(self, tx: Transaction) -> bool:
        """Whether the command is yet to be carried out; noted in the transaction that carries it out."""
        subject = pull_key(self.repository, self.event.number)
        if tx.slots.get(subject, self.slot) is not None:
            return False
        tx.slots.put(subject, self.slot, Said(0, ""))
        return True


@dataclass(frozen=True, slots=True)
class Answer:
    """What is replied to a command, empty when the reaction says enough, and whether it was refused."""

    text: str
    refused: bool = False


def comment_written(event: CommentWritten, ports: Ports) -> None:
    """Carry out the commands of a comment, once its writer's role is read. Raises TryLater when the forge is away.

    Run again after a crash, it repeats no command that was carried out.
    """
    with ports.forges.open(event.repository, *NEEDS) as forge:
        comment = forge.comments.get(event.comment)
        if comment is None or comment.by_us or comment.edited:
            return
        config = _rules(ports, event, forge)
        said = parse(comment.body, config.commands)
        if not said:
            return
        person = _person(forge, comment, config)
        if not heard(person):
            return
        forge.reactions.add(comment.id, Emoji.SEEN)
        refused = False
        for position, each in enumerate(said):
            asked = Asked(event, f"command-{comment.id}-{position}", person, config, ports)
            answer = _answer(each, asked)
            if answer.text:
                reply(ports, (event.repository, event.number), f"reply-{comment.id}-{position}", answer.text)
            refused = refused or answer.refused
        forge.reactions.add(comment.id, Emoji.REFUSED if refused else Emoji.DONE)


def _rules(ports: Ports, event: CommentWritten, forge: Forge) -> Config:
    """The rules at the tip; of an unreadable one, those delivered last. Without any, nobody is a deployer."""
    branch, tip = forge.pulls.default_branch()
    with ports.ledger.begin() as tx:
        known = tx.repositories.get(event.repository.key)
    for commit in filter(None, (tip, known.tip if known else "")):
        try:
            ports.workspace.fetch(event.repository, commit, branch=branch)
            return config_at(ports.workspace, event.repository, commit) or NOTHING
        except UserMistake:
            continue
    return NOTHING


def _person(forge: Forge, comment: Comment, config: Config) -> Person:
    role = forge.permissions.role(comment.author)
    asked = teams_asked(config.environments.values())
    teams = frozenset(team for team in asked if forge.permissions.in_team(comment.author, team))
    return Person(comment.author, role, teams)


def _answer(said: Command | UnknownCommand | BadCommand, asked: Asked) -> Answer:
    """Carry out one command, unless it was carried out before."""
    settings = asked.config.commands
    if isinstance(said, UnknownCommand):
        return Answer(replies.unknown_command(said, settings), refused=True)
    if isinstance(said, BadCommand):
        return Answer(replies.bad_command(said), refused=True)
    try:
        return Answer(REACTIONS[said.name](said, asked))
    except UserMistake as mistake:
        return Answer(replies.mistake(mistake), refused=True)


def _plan(command: Command, asked: Asked) -> str:
    _allowed(command, asked, [])
    with asked.ports.ledger.begin() as tx:
        if asked.first_time(tx):
            tx.jobs.put(plan_job(asked.repository, asked.event.number))
    return ""


def _help(command: Command, asked: Asked) -> str:
    _allowed(command, asked, [])
    return replies.help_for(asked.person, asked.config)


def _deploy(command: Command, asked: Asked) -> str:
    """The word for what waits, and another attempt for what ended badly. Raises UserMistake when there is neither."""
    with asked.ports.ledger.begin() as tx:
        rows = _newest_by_target(tx.deployments.of_pull(asked.repository, asked.event.number))
    wanted = [row for row in rows if not command.targets or row.target in command.targets]
    missing = [target for target in command.targets if target not in {row.target for row in wanted}]
    if missing or not wanted:
        subject = str(missing[0]) if missing else "this pull"
        raise UserMistake(f"{subject} has no deployment here", "merge it first, or name one of its targets")
    gone = [row.target for row in wanted if row.target not in asked.config.targets()]
    if gone:
        raise UserMistake(f"{gone[0]} is no longer in the config", "name the targets that are")
    _allowed(command, asked, [each for row in wanted for each in _environments(asked, row)])
    with asked.ports.ledger.begin() as tx:
        if asked.first_time(tx):
            newest = [tx.deployments.get(row.id) or row for row in wanted]
            whys = [_act(command, asked, row, tx) for row in newest]
            if all(whys):
                raise UserMistake("; ".join(whys))
    return ""


def _newest_by_target(rows: Sequence[Deployment]) -> list[Deployment]:
    newest: dict[Target, Deployment] = {}
    for row in rows:
        newest[row.target] = max(newest.get(row.target, row), row, key=lambda each: each.seq)
    return sorted(newest.values(), key=lambda row: row.target)


def _environments(asked: Asked, row: Deployment) -> list[Environment]:
    """A row's environment under every rule that judges it: what a pull says about deployers helps no deployment of its
    own."""
    judges = [asked.config]
    for commit in row.ruled_by or (row.commit,):
        with suppress(UserMistake):
            config = config_at(asked.ports.workspace, asked.event.repository, commit)
            judges += [config] if config else []
    found = []
    for judge in judges:
        if row.target in judge.targets():
            found.append(judge.environment(row.target))
        elif row.target.environment in judge.environments:
            found.append(judge.environments[row.target.environment])
    return found


def _act(command: Command, asked: Asked, row: Deployment, tx: Transaction) -> str:
    """Give one row what it lacks; why not, when there is nothing to give."""
    word = f"{command.confirmation.dangers}@{command.confirmation.plan}" if command.confirmation else ""
    newest = tx.deployments.of_target(row.repository, row.target)[-1]
    if row.state is DeploymentState.WAITING:
        wants = next((each.subject for each in row.conditions if each.wait is Wait.CONFIRMATION), "")
        if wants and word != wants:
            return f"{row.target} has to be confirmed: write deploy {row.target} --confirm {wants}"
        stopped = next((each.subject for each in row.conditions if each.wait is Wait.UNSUPPORTED), "")
        if stopped:
            return f"{row.target} is stopped by the rule {stopped}, which this version cannot judge"
        now = asked.ports.clock.now()
        tx.deployments.save(replace(row, word=asked.person.login, confirmed=word or row.confirmed, changed=now))
    elif row.state not in (DeploymentState.FAILED, DeploymentState.CANCELLED):
        return f"{row.target} is {row.state}, so nothing there waits for a word"
    elif newest.id != row.id:
        return f"{row.target} went on to {newest.commit[:7]}, and an older commit is not deployed again"
    else:
        tx.deployments.add(_again(asked, row, word))
    tx.jobs.put(look_job(row.repository, row.target))
    tx.jobs.put(say_commit_job(row.repository, row.commit))
    for number in row.pulls:
        tx.jobs.put(say_pull_job(row.repository, number))
    return ""


def _again(asked: Asked, row: Deployment, word: str) -> Deployment:
    """Another attempt at a deployment that ended badly."""
    return replace(
        row,
        id=0,
        attempt=row.attempt + 1,
        state=DeploymentState.WAITING,
        conditions=(),
        progress=Progress(),
        reason="",
        word=asked.person.login,
        confirmed=word,
        started=0.0,
        changed=asked.ports.clock.now(),
    )


def _allowed(command: Command, asked: Asked, environments: list[Environment]) -> None:
    row = TABLE[command.name]
    if not may(row.needs, asked.person, environments):
        raise UserMistake(f"{command.name} is for {row.needs}", f"you have {asked.person.role} here")


REACTIONS: Mapping[str, Callable[[Command, Asked], str]] = {"plan": _plan, "deploy": _deploy, "help": _help}
"""The reaction of each row of the command table."""
