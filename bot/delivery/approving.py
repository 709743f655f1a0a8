"""Whether the approvals of a deployment's pulls are there: counted from the ledger, then read again from the forge.

The ledger says whom to ask about, so that a deployment that waits asks the forge nothing; it opens no gate by itself.
The pull, its reviews, the comment somebody approved with and every person's role are read again before they count.
"""

from collections.abc import Sequence

from bot.delivery.judging import Ruling
from bot.delivery.scene import Scene
from bot.domain.approvals import Approval, counted
from bot.domain.command_lines import parse
from bot.domain.commands import Command
from bot.domain.config import Environment
from bot.domain.deployments import Condition, Deployment, Override, Wait
from bot.domain.permissions import Person, who_may_deploy
from bot.domain.pulls import Role
from bot.ports.forge import Forge
from bot.ports.reviews import Review, Verdict, standing

NEEDS = ("pull_requests:read", "issues:read", "contents:read")


def missing_approvals(scene: Scene, row: Deployment, judged: Sequence[Ruling]) -> list[Condition]:
    """What a row's pulls, and the commit itself for what came without one, still lack; a pull and its exact reversal
    need none. Raises TryLater."""
    conditions = []
    for ruling in () if row.repeats else judged:
        needed = max(ruling.environment.approvals, floor_of(scene))
        if needed and ruling.number not in row.undone:
            found = _approvers(scene, row, ruling, needed)
            if len(found) < needed:
                subject = f"#{ruling.number}" if ruling.number else row.commit[:7]
                who = who_may_deploy(ruling.environment.deployers)
                conditions.append(Condition(Wait.APPROVALS, subject, f"{len(found)} of {needed}", who))
    return list(dict.fromkeys(conditions))


def floor_of(scene: Scene) -> int:
    """The approvals that the operator asks for, whatever the repository's rules say."""
    environment = scene.environment
    found = scene.ports.operator.grant(environment.cluster, scene.repository.address, environment.name)
    return found[1].floor_approvals if found else 0


def _approvers(scene: Scene, row: Deployment, ruling: Ruling, needed: int) -> tuple[str, ...]:
    """Whose yes counts for one change. Of too few in the ledger, nobody is asked about."""
    number = ruling.number or scene.issue_of(row.commit)
    with scene.ports.ledger.begin() as tx:
        noted = [each for each in tx.approvals.of(row.repository, number) if each.head == ruling.head]
    logins = {each.login.lower() for each in noted if each.environment == ruling.environment.name}
    if len(logins) < needed:
        return tuple(sorted(logins))
    with scene.ports.forges.open(scene.repository, *NEEDS) as forge:
        return _read_again(scene, forge, row, (ruling, noted))


def _read_again(
    scene: Scene, forge: Forge, row: Deployment, asked: tuple[Ruling, Sequence[Approval]]
) -> tuple[str, ...]:
    ruling, noted = asked
    base, hands, reviews = scene.known.branch, frozenset[str](), {}
    if not ruling.number:
        hands = forge.reviews.hands_of(row.since, row.commit, base)
    else:
        pull = forge.pulls.get(ruling.number)
        if pull is None or pull.head != ruling.head:
            return ()
        base, hands = pull.base_branch, forge.reviews.hands(pull)
        reviews = standing(forge.reviews.of(ruling.number))
    refused = {login for login, review in reviews.items() if review.verdict is Verdict.CHANGES_REQUESTED}
    said = []
    for each in noted:
        review = reviews.get(each.login)
        stands = Review(each.source, each.login, Verdict.APPROVED, ruling.head)
        vouched = review == stands if each.review else _said(scene, forge, each)
        if vouched and each.binds(ruling.head, base) and each.login not in refused:
            said.append(each)
    people = {login: _person(forge, login, ruling.environment) for login in {each.login for each in said}}
    return counted(said, ruling.environment, people, hands)


def _said(scene: Scene, forge: Forge, approval: Approval) -> bool:
    """Whether the comment still stands, unedited, by the same person, with that command in it."""
    return any(
        command.name == "approve" and command.environment in ("", approval.environment)
        for command in commands_in(scene, forge, approval.source, approval.login)
    )


def commands_in(scene: Scene, forge: Forge, comment: int, login: str) -> list[Command]:
    """The commands of a comment as it stands now; none when it is gone, was edited or is somebody else's."""
    found = forge.comments.get(comment)
    if found is None or found.edited or found.by_us or found.author != login:
        return []
    return [each for each in parse(found.body, scene.rules.commands) if isinstance(each, Command)]


def _person(forge: Forge, login: str, environment: Environment) -> Person:
    asked = environment.deployers.teams
    teams = frozenset(team for team in asked if forge.permissions.in_team(login, team))
    return Person(login, forge.permissions.role(login), teams)


def overridden(scene: Scene, row: Deployment, wait: Wait) -> bool:
    """Whether a repository admin has said, in a comment that still stands, that a condition need not hold."""
    given = [each for each in row.overrides if each.wait is wait]
    if not given:
        return False
    with scene.ports.forges.open(scene.repository, *NEEDS) as forge:
        return any(_vouched(scene, forge, each) for each in given)


def _vouched(scene: Scene, forge: Forge, given: Override) -> bool:
    commands = commands_in(scene, forge, given.comment, given.login)
    said = any(each.name == "deploy" and each.override == given.wait.value for each in commands)
    return said and forge.permissions.role(given.login) is Role.ADMIN


def word_of_admin(scene: Scene, row: Deployment) -> bool:
    """Whether the one who said deploy is a repository admin now."""
    if not row.word:
        return False
    with scene.ports.forges.open(scene.repository, *NEEDS) as forge:
        return forge.permissions.role(row.word) is Role.ADMIN
