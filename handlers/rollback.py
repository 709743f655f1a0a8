"""`rollback`: runs when a deployer wants a target's last deployed change taken back."""

from dataclasses import replace

from bot.comments import replies
from bot.comments.rollback import Rollback, going_back, rollback_body, rollback_message, rollback_reply, rollback_title
from bot.delivery.returning import commits_to_take_back, go_back, last_change, still_there
from bot.domain.commands import Command
from bot.domain.deployments import Deployment
from bot.domain.errors import UserMistake
from bot.objects.redact import Redactor
from bot.ports.forge import ForgeRefused
from bot.ports.proposals import Proposal
from bot.ports.workspace import MergeConflict
from handlers.asking import Asked, allowed, newest_here, note, ruling

BRANCHES = "plumbline/rollback-"


def roll_back(command: Command, asked: Asked) -> str:
    """Open a pull that takes back the last deployed change of the targets, and with `--now` deploy what ran healthily
    before it at once: what is said of it.

    Repeated after a crash it finds the same commit, branch and pull. Raises UserMistake when there is nothing to take
    back, when that clashes with what came later, and for who may not.
    """
    changes = _changes(command, asked)
    allowed(command, asked, [each for row in changes for each in ruling(asked, row)])
    now = [_now(command, asked, changes)] if command.now else []
    try:
        rollback, opened = _propose(asked, changes)
    except UserMistake as mistake:
        if not now:
            raise
        return "\n\n".join([*now, replies.mistake(mistake)])
    said = "\n\n".join([*now, rollback_reply(rollback, opened)])
    with asked.ports.ledger.begin() as tx:
        if asked.first_time(tx, said):
            for row in changes:
                note(tx, asked, "rollback", str(row.target), f"#{opened} takes back {', '.join(rollback.commits)}")
    return said


def _now(command: Command, asked: Asked, changes: list[Deployment]) -> str:
    """Deploy what ran healthily before, at once: what is said of it. Raises UserMistake without a reason, and when that
    commit is no longer on the branch."""
    if not command.reason:
        raise UserMistake("--now needs a reason", "add --reason and why, for those who read it later")
    base, tip = asked.forge.pulls.default_branch()
    asked.ports.workspace.fetch(asked.where, tip, branch=base)
    for row in changes:
        still_there(asked.ports, asked.where, row, tip)
    reason = Redactor(asked.ports.fingerprint_key, asked.repository, "").text(command.reason).plain
    at = replace(asked, slot=f"{asked.slot}-now")
    with asked.ports.ledger.begin() as tx:
        if at.first_time(tx):
            for row in changes:
                back = go_back(tx, row, asked.person.login, reason, asked.ports.clock.now())
                note(tx, asked, "rollback-now", str(row.target), f"to {back.commit}: {reason}")
    return going_back([replace(row, commit=row.base) for row in changes])


def _changes(command: Command, asked: Asked) -> list[Deployment]:
    """The change to take back of each target: of the one that was named, else of all that the pull changed."""
    targets = command.targets or tuple(row.target for row in newest_here(asked))
    if not targets:
        raise UserMistake("nothing of this was deployed", "name a target, as in prod/web")
    gone = [target for target in targets if not asked.config.names(target)]
    if gone:
        raise UserMistake(f"{gone[0]} is not in the config", "name a target that is")
    with asked.ports.ledger.begin() as tx:
        rows = {target: tx.deployments.of_target(asked.repository, target) for target in targets}
    return [last_change(rows[target], target) for target in targets]


def _propose(asked: Asked, changes: list[Deployment]) -> tuple[Rollback, int]:
    """Make the commit, its branch and the pull, each unless it is there: what is taken back, and the pull's number."""
    workspace = asked.ports.workspace
    base, newest = asked.forge.pulls.default_branch()
    workspace.fetch(asked.where, newest, branch=base)
    tip = asked.once("tip", newest)  # on another one the commit, and so its branch and pull, would be others
    back = tuple(commits_to_take_back(asked.ports, asked.forge, changes, tip))
    rollback = Rollback(tuple(row.target for row in changes), back, asked.person.login, asked.number)
    made = workspace.revert(asked.where, tip, back, rollback_message(rollback)) if back else tip
    if isinstance(made, MergeConflict):
        paths = ", ".join(made.paths[:5])
        raise UserMistake(f"later commits changed the same lines in {paths}", "write the pull yourself")
    if made == tip:
        raise UserMistake("that has been taken back already", "see what waits with status")
    branch = f"{BRANCHES}{made[:12]}"
    try:
        workspace.push(asked.where, made, branch)
    except ForgeRefused as refused:
        remedy = "give it contents: write, and accept that where it is installed"
        raise UserMistake(f"the App may not write branches here ({refused.status})", remedy) from None
    proposal = Proposal(branch, base, rollback_title(rollback), rollback_body(rollback))
    return rollback, asked.forge.proposals.open(proposal)
