"""`plan`: runs when somebody asks that a pull is planned again."""

from bot.domain.commands import Command
from bot.domain.subjects import plan_job
from handlers.asking import Asked, allowed


def plan_again(command: Command, asked: Asked) -> str:
    """Make the pull's plan due. Raises UserMistake for who may not."""
    allowed(command, asked)
    with asked.ports.ledger.begin() as tx:
        if asked.first_time(tx):
            tx.jobs.put(plan_job(asked.repository, asked.number))
    return ""
