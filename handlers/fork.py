"""`ok-to-plan`: runs when somebody lets the head of a pull from a fork be rendered."""

from dataclasses import replace

from bot.domain.commands import Command
from bot.domain.errors import UserMistake
from bot.domain.subjects import plan_job
from bot.ports.ledger import Said
from handlers.asking import Asked, allowed

SLOT = "plan:1"
"""Where the comment is noted that names the head which waits for this word."""


def allow(command: Command, asked: Asked) -> str:
    """Make the plan of a fork's head due, of this very commit. Raises UserMistake when there is nothing to allow.

    A comment names no commit. What its writer looked at is the head that our own comment named when they wrote: so it
    must be the head still, and our comment must be older than theirs.
    """
    allowed(command, asked)
    pull = asked.forge.pulls.get(asked.number)
    if pull is None or not pull.open or not pull.from_fork(asked.where):
        raise UserMistake("this is no open pull from a fork", "others are planned by themselves")
    newer = UserMistake(
        f"the head is {pull.head[:7]} and may be newer than what you looked at",
        "look at the pull's changes, then write it again",
    )
    with asked.ports.ledger.begin() as tx:
        row = tx.plans.get(asked.repository, asked.number)
        said = tx.slots.get(asked.subject, SLOT)
    if row is None or row.head != pull.head or not _seen(asked, said):
        raise newer
    with asked.ports.ledger.begin() as tx:
        newest = tx.plans.get(asked.repository, asked.number)
        if newest is None or newest.head != pull.head:
            raise newer
        if asked.first_time(tx):
            tx.plans.put(asked.repository, replace(newest, allowed=pull.head))
            tx.jobs.put(plan_job(asked.repository, asked.number))
    return ""


def _seen(asked: Asked, said: Said | None) -> bool:
    """Whether our comment, as it stands, was there before theirs. Within one second nobody can tell."""
    theirs = asked.forge.comments.get(asked.event.comment)
    ours = asked.forge.comments.get(said.id) if said is not None and said.id else None
    return theirs is not None and ours is not None and ours.changed < theirs.written
