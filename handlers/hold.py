"""`hold` and `unhold`: runs when somebody keeps a pull from being deployed, or lets it go."""

from bot.delivery.keeping import wake_all
from bot.domain.commands import Command
from bot.domain.errors import UserMistake
from bot.domain.stops import Hold
from handlers.asking import Asked, allowed, commit_of, note


def hold(command: Command, asked: Asked) -> str:
    """Nothing whose range contains this pull is deployed any more. Raises UserMistake for who may not."""
    allowed(command, asked)
    with asked.ports.ledger.begin() as tx:
        if commit_of(tx, asked):
            raise UserMistake("only pulls are held", "lock its targets instead")
        if asked.first_time(tx):
            tx.holds.put(asked.repository, Hold(asked.number, asked.person.login))
            note(tx, asked, "held")
            wake_all(tx, asked.repository)
    return ""


def unhold(command: Command, asked: Asked) -> str:
    """The pull is deployed like any other again. Raises UserMistake for who may not, and when it was not held."""
    allowed(command, asked)
    with asked.ports.ledger.begin() as tx:
        if asked.first_time(tx):
            if asked.number not in {each.number for each in tx.holds.of(asked.repository)}:
                raise UserMistake("this pull is not held")
            tx.holds.drop(asked.repository, asked.number)
            note(tx, asked, "unheld")
            wake_all(tx, asked.repository)
    return ""
