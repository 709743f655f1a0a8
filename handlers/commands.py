"""Slash commands: runs when a person wrote a comment. A row of `bot/domain/commands.py` finds its reaction here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bot.comments import replies
from bot.domain.commands import TABLE, BadCommand, Command, UnknownCommand, parse
from bot.domain.config import CommandSettings, Config, Environment
from bot.domain.deployments import Deployment, DeploymentState, Wait
from bot.domain.errors import UserMistake
from bot.domain.events import CommentWritten
from bot.domain.permissions import Person, heard, may, teams_asked
from bot.domain.pulls import Comment
from bot.domain.subjects import look_job, plan_job, say_commit_job, say_pull_job
from bot.planning.configs import config_at
from bot.ports.forge import Forge
from bot.ports.reactions import Emoji
from bot.ports.world import Ports
from handlers.say import reply

NEEDS = ("contents:read", "pull_requests:write")


@dataclass(frozen=True, slots=True)
class Asked:
    """One command on its way: who, where, and the rules at the tip of the default branch."""

    event: CommentWritten
    command: Command
    person: Person
    config: Config
    ports: Ports

    @property
    def repository(self) -> str:
        """The repository's key."""
        return self.event.repository.key


def comment_written(event: CommentWritten, ports: Ports) -> None:
    """Carry out the commands of a comment, once its writer's role is read. Raises TryLater when the forge is away."""
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
        mistakes = [answer for each in said if (answer := _answer(each, event, person, config, ports))]
        for position, text in enumerate(mistakes):
            reply(ports, (event.repository, event.number), f"reply-{comment.id}-{position}", text)
        forge.reactions.add(comment.id, Emoji.REFUSED if mistakes else Emoji.DONE)


def _rules(ports: Ports, event: CommentWritten, forge: Forge) -> Config:
    """The rules at the tip; without any, or with unreadable ones, nobody is a deployer."""
    branch, tip = forge.pulls.default_branch()
    ports.workspace.fetch(event.repository, tip, branch=branch)
    nothing = Config(apps={}, environments={}, commands=CommandSettings())
    try:
        return config_at(ports.workspace, event.repository, tip) or nothing
    except UserMistake:
        return nothing


def _person(forge: Forge, comment: Comment, config: Config) -> Person:
    role = forge.permissions.role(comment.author)
    asked = teams_asked(config.environments.values())
    teams = frozenset(team for team in asked if forge.permissions.in_team(comment.author, team))
    return Person(comment.author, role, teams)


def _answer(
    said: Command | UnknownCommand | BadCommand, event: CommentWritten, person: Person, config: Config, ports: Ports
) -> str:
    """Carry out one command; what has to be replied, empty when the reaction says enough."""
    settings = config.commands
    if isinstance(said, UnknownCommand):
        return replies.unknown_command(said, settings)
    if isinstance(said, BadCommand):
        return replies.bad_command(said)
    asked = Asked(event, said, person, config, ports)
    try:
        return REACTIONS[said.name](asked)
    except UserMistake as mistake:
        return replies.mistake(mistake)


def _plan(asked: Asked) -> str:
    _allowed(asked, [])
    with asked.ports.ledger.begin() as tx:
        tx.jobs.put(plan_job(asked.repository, asked.event.number))
    return ""


def _help(asked: Asked) -> str:
    _allowed(asked, [])
    return replies.help_for(asked.person, asked.config)


def _deploy(asked: Asked) -> str:
    """The word for what waits, and another attempt for what ended badly. Raises UserMistake when there is neither."""
    ports = asked.ports
    with ports.ledger.begin() as tx:
        rows = _newest_by_target(tx.deployments.of_pull(asked.repository, asked.event.number))
    wanted = [row for row in rows if not asked.command.targets or row.target in asked.command.targets]
    missing = [target for target in asked.command.targets if target not in {row.target for row in wanted}]
    if missing or not wanted:
        subject = str(missing[0]) if missing else "this pull"
        raise UserMistake(f"{subject} has no deployment", "merge it first, or name one of its targets")
    _allowed(asked, [asked.config.environment(row.target) for row in wanted if row.target in asked.config.targets()])
    if not any(_act(asked, row) for row in wanted):
        states = ", ".join(f"{row.target} is {row.state}" for row in wanted)
        raise UserMistake(f"nothing here waits for a word: {states}")
    return ""


def _newest_by_target(rows: object) -> list[Deployment]:
    newest: dict[object, Deployment] = {}
    for row in rows:  # type: ignore[attr-defined]
        newest[row.target] = max(newest.get(row.target, row), row, key=lambda each: each.seq)
    return sorted(newest.values(), key=lambda row: row.target)


def _act(asked: Asked, row: Deployment) -> bool:
    """Give one row what it lacks; whether there was anything to give."""
    confirmation = asked.command.confirmation
    word = f"{confirmation.dangers}@{confirmation.plan}" if confirmation else ""
    now = asked.ports.clock.now()
    after = None
    if row.state is DeploymentState.WAITING:
        after = replace(row, word=asked.person.login, confirmed=word or row.confirmed, changed=now)
    elif row.state in (DeploymentState.FAILED, DeploymentState.CANCELLED):
        after = Deployment(
            0,
            row.repository,
            row.target,
            row.commit,
            row.attempt + 1,
            0,
            DeploymentState.WAITING,
            base=row.base,
            pulls=row.pulls,
            word=asked.person.login,
            confirmed=word,
            changed=now,
        )
    if after is None:
        return False
    _confirmation_fits(row, word)
    with asked.ports.ledger.begin() as tx:
        if after.id:
            tx.deployments.save(after)
        else:
            tx.deployments.add(after)
        tx.jobs.put(look_job(row.repository, row.target))
        tx.jobs.put(say_commit_job(row.repository, row.commit))
        tx.jobs.put(say_pull_job(row.repository, asked.event.number))
    return True


def _confirmation_fits(row: Deployment, word: str) -> None:
    wants = next((each.subject for each in row.conditions if each.wait is Wait.CONFIRMATION), "")
    if word and wants and word != wants:
        raise UserMistake(f"{row.target} asks for {wants}, not {word}", f"write deploy {row.target} --confirm {wants}")


def _allowed(asked: Asked, environments: list[Environment]) -> None:
    row = TABLE[asked.command.name]
    if not may(row.needs, asked.person, environments):
        raise UserMistake(f"{asked.command.name} is for {row.needs}", f"you have {asked.person.role} here")


REACTIONS: Mapping[str, Callable[[Asked], str]] = {"plan": _plan, "deploy": _deploy, "help": _help}
"""The reaction of each row of the command table."""
