"""`approve` and forge reviews: runs when a deployer says yes to a pull, or to a commit on its issue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.approvals import Approval
from bot.domain.audit import Entry
from bot.domain.commands import Command
from bot.domain.config import Config, Environment
from bot.domain.errors import UserMistake
from bot.domain.permissions import Person, may_deploy, teams_asked
from bot.domain.plans import Plan
from bot.domain.pulls import Pull, Repository
from bot.domain.subjects import Job, Target, commit_key, pull_key, read_pull_key, say_pull_job
from bot.planning.configs import rules_at
from bot.ports.forge import Forge
from bot.ports.ledger import Transaction, is_posted
from bot.ports.reviews import Verdict, standing
from bot.ports.world import Ports
from handlers.asking import Asked, commit_of, due, note

NEEDS = ("contents:read", "pull_requests:read")


def approve(command: Command, asked: Asked) -> str:
    """Note a deployer's yes for one environment, or for each that changes and where they are one. It counts once it was
    read again. Raises UserMistake for who may not, and for a pull that nobody can approve."""
    subject = _subject(asked)
    if asked.person.login.lower() in {each.lower() for each in subject.hands}:
        raise UserMistake("who wrote or pushed a change does not approve it", "ask another deployer")
    if command.environment and command.environment not in asked.config.environments:
        known = ", ".join(asked.config.environments) or "none"
        raise UserMistake(f"there is no environment {command.environment!r}", f"there are: {known}")
    with asked.ports.ledger.begin() as tx:
        plan = _shown(tx, asked, subject.head)
    if subject.open and plan is None:
        raise UserMistake("the plan of the newest push does not stand here yet", "read it, and approve then")
    wanted = [command.environment] if command.environment else _changed(asked.config, plan)
    found = {name: _theirs(asked.config, asked.forge, asked.person, name) for name in wanted}
    theirs = {name: targets for name, targets in found.items() if targets is not None}
    if not theirs:
        raise UserMistake(f"approve is for deployers of {' or '.join(wanted) or 'an environment'}")
    with asked.ports.ledger.begin() as tx:
        if asked.first_time(tx):
            for name, targets in theirs.items():
                dangers = _blocks(plan, targets, asked.config)
                said = (asked.number, subject.head, subject.base, name, asked.person.login)
                approval = Approval(*said, False, asked.event.comment, dangers, asked.ports.clock.now())
                tx.approvals.put(asked.repository, approval)
                note(tx, asked, "approved", name, subject.head)
            _tell(tx, asked.repository, asked.number, subject.head)
    return ""


def read_reviews(job: Job, ports: Ports) -> None:
    """Bring the ledger's approvals by review to what the forge says now. Raises TryLater when the forge is away."""
    key, number = read_pull_key(job.key)
    with ports.ledger.begin() as tx:
        known = tx.repositories.get(key)
    if known is None or not known.tip:
        return
    with ports.forges.open(known.repository, *NEEDS) as forge:
        pull = forge.pulls.get(number)
        ports.workspace.fetch(known.repository, known.tip)
        config = rules_at(ports.workspace, known.repository, known.tip)
        if pull is None or config is None:
            return
        with ports.ledger.begin() as tx:
            row = tx.plans.get(key, number)
            plan = row.plan if row and row.plan and is_posted(tx, pull_key(key, number), row.plan) else None
        found = _reviewed(forge, pull, config, plan, ports.clock.now())
    _keep(ports, known.repository, pull, found)


def _reviewed(forge: Forge, pull: Pull, config: Config, plan: Plan | None, now: float) -> list[Approval]:
    """A row for each environment in which somebody's review counts, as far as it is for the head."""
    found = []
    for login, review in standing(forge.reviews.of(pull.number)).items():
        if review.verdict is not Verdict.APPROVED or review.commit != pull.head:
            continue
        person = Person(login, forge.permissions.role(login))
        shown = plan if plan is not None and plan.head == pull.head else None
        for name in _changed(config, shown):
            targets = _theirs(config, forge, person, name)
            if targets is not None:
                said = (pull.number, pull.head, pull.base_branch, name, login)
                found.append(Approval(*said, True, review.id, _blocks(shown, targets, config), now))
    return found


def _keep(ports: Ports, repository: Repository, pull: Pull, found: Sequence[Approval]) -> None:
    """What a review accepted stays accepted while it stands; a plan that came later adds nothing to it."""
    with ports.ledger.begin() as tx:
        before = {(each.source, each.environment): each for each in tx.approvals.of(repository.key, pull.number)}
        tx.approvals.drop_reviews(repository.key, pull.number)
        for each in found:
            known = before.get((each.source, each.environment))
            tx.approvals.put(repository.key, known or each)
            if known is None:
                said = (each.at, repository.key, each.environment, each.login, "approved", f"#{each.number}", each.head)
                tx.audit.add(Entry(*said))
        _tell(tx, repository.key, pull.number, pull.head)


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is approved, for which base branch, and whose hands it went through. open: its head may still move, and
    nobody approves what they were not shown."""

    head: str
    base: str
    hands: frozenset[str]
    open: bool = False


def _subject(asked: Asked) -> _Subject:
    branch, _ = asked.forge.pulls.default_branch()
    with asked.ports.ledger.begin() as tx:
        commit = commit_of(tx, asked)
        rows = tx.deployments.of_commit(asked.repository, commit) if commit else ()
    if commit:
        since = next((row.since for row in rows if row.since), "")
        return _Subject(commit, branch, asked.forge.reviews.hands_of(since, commit, branch))
    pull = asked.forge.pulls.get(asked.number)
    if pull is None or not (pull.open or pull.merged):
        raise UserMistake("this is no pull that is open or was merged")
    return _Subject(pull.head, pull.base_branch, asked.forge.reviews.hands(pull), pull.open)


def _shown(tx: Transaction, asked: Asked, head: str) -> Plan | None:
    """The plan that stands where people see it, for exactly this head."""
    if commit_of(tx, asked):
        plan, subject = tx.plans.of_commit(asked.repository, head), commit_key(asked.repository, head)
    else:
        row, subject = tx.plans.get(asked.repository, asked.number), pull_key(asked.repository, asked.number)
        plan = row.plan if row else None
    return plan if plan is not None and plan.head == head and is_posted(tx, subject, plan) else None


def _changed(config: Config, plan: Plan | None) -> list[str]:
    """The environments that a plan is about; all of them while nobody knows."""
    if plan is None or not plan.targets:
        return sorted(config.environments)
    loosened = {each.partition(": ")[0].partition("/")[0] for each in plan.blocks}
    return sorted(({each.target.environment for each in plan.targets} | loosened) & config.environments.keys())


def _theirs(config: Config, forge: Forge, person: Person, name: str) -> frozenset[Target] | None:
    """The targets of an environment where somebody is a deployer; None when they are one nowhere there."""
    here: Mapping[Target, Environment] = {
        target: config.environment(target) for target in config.targets() if target.environment == name
    }
    rules = [config.environments[name], *here.values()]
    teams = frozenset(team for team in teams_asked(rules) if forge.permissions.in_team(person.login, team))
    known = Person(person.login, person.role, teams)
    if not any(may_deploy(known, each.deployers) for each in rules):
        return None
    return frozenset(target for target, each in here.items() if may_deploy(known, each.deployers))


def _blocks(plan: Plan | None, targets: frozenset[Target], config: Config) -> tuple[str, ...]:
    """What a deployer of these targets accepts: their block findings, and rules that the pull loosens for them; for an
    environment as a whole only who deploys all of it."""
    others = {target.environment for target in config.targets() if target not in targets}
    places = {*map(str, targets), *({target.environment for target in targets} - others)}
    return tuple(each for each in plan.blocks if each.partition(": ")[0] in places) if plan else ()


def _tell(tx: Transaction, repository: str, number: int, head: str) -> None:
    """Whatever waits for this approval looks again, and the pull's check is said anew."""
    tx.jobs.put(say_pull_job(repository, number))
    for row in [*tx.deployments.of_pull(repository, number), *tx.deployments.of_commit(repository, head)]:
        if not row.state.ended:
            due(tx, row)
