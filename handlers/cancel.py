"""`cancel`: runs when somebody wants a deployment to stop."""

from bot.delivery.keeping import cancel_slot, move, wake_all
from bot.delivery.keeping import note as note_end
from bot.domain.commands import Command
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.errors import UserMistake
from bot.domain.permissions import may_deploy
from bot.domain.subjects import target_key
from bot.ports.ledger import Said, Transaction
from handlers.asking import Asked, due, in_teams, newest_here, note, ruling


def cancel(command: Command, asked: Asked) -> str:
    """End what waits here, and what is under way after its current step. What was applied stays.

    Raises UserMistake when nothing goes on, and for who neither gave the word for all of it nor is a deployer there.
    """
    open_rows = [row for row in newest_here(asked) if not row.state.ended]
    if not open_rows:
        raise UserMistake("nothing is under way here")
    for row in open_rows:
        if row.word != asked.person.login:
            rules = ruling(asked, row)
            person = in_teams(asked, rules)
            if not all(may_deploy(person, each.deployers) for each in rules):
                raise UserMistake(
                    f"{command.name} is for who asked for a deployment, and for deployers",
                    f"you have {asked.person.role} here",
                )
    with asked.ports.ledger.begin() as tx:
        if asked.first_time(tx):
            for row in open_rows:
                _stop(asked, row, tx)
            wake_all(tx, asked.repository)
    return ""


def _stop(asked: Asked, row: Deployment, tx: Transaction) -> None:
    now = tx.deployments.get(row.id) or row
    by = asked.person.login
    if now.state is DeploymentState.WAITING:
        ended = move(now, DeploymentState.CANCELLED, f"cancelled by {by}")
        tx.deployments.save(ended)
        note_end(tx, now, ended)
    elif not now.state.ended:
        tx.slots.put(target_key(row.repository, row.target), cancel_slot(row), Said(0, by))
    note(tx, asked, "cancel", str(row.target), row.commit)
    due(tx, now)
