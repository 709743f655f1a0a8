"""`plan`: runs when somebody asks that a pull is planned again."""

from bot.domain.commands import Command
from bot.domain.errors import UserMistake
from bot.domain.subjects import plan_job
from bot.ports.ledger import ASKED, Said
from handlers.asking import Asked, allowed, note

LONGEST = 200


def plan_again(command: Command, asked: Asked) -> str:
    """Make the pull's plan due: all of it, these targets alone, or with `--full` also what the pull does not touch.

    Raises UserMistake for who may not, for a target that is not there, and
    for more than are planned by name.
    """
    allowed(command, asked)
    wanted = "full" if command.full else " ".join(map(str, command.targets))
    if len(wanted) > LONGEST:
        raise UserMistake(f"these are {len(command.targets)} targets", "name fewer, or plan all of them")
    with asked.ports.ledger.begin() as tx:
        row = tx.plans.get(asked.repository, asked.number)
        known = {*asked.config.targets(), *(each.target for each in (row.plan.targets if row and row.plan else ()))}
        if strangers := [str(each) for each in command.targets if each not in known]:
            raise UserMistake(
                f"there is no target {strangers[0]}", f"targets are: {', '.join(map(str, sorted(known)))}"
            )
        if asked.first_time(tx):
            if wanted:
                tx.slots.put(asked.subject, ASKED, Said(0, wanted))
            tx.jobs.put(plan_job(asked.repository, asked.number))
            note(tx, asked, "plan", detail=wanted)
    return ""
