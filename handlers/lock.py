"""`lock` and `unlock`: runs when somebody stops deployments and healing at a place, or opens it again."""

from bot.delivery.keeping import wake_all
from bot.domain.commands import Command
from bot.domain.errors import UserMistake
from bot.domain.pulls import Role
from bot.domain.stops import Lock
from bot.objects.redact import Redactor
from handlers.asking import Asked, allowed, note


def lock(command: Command, asked: Asked) -> str:
    """Lock a target or an environment, for a time or until it is opened. Raises UserMistake for who may not, for a
    place that does not exist, and for one that somebody else has locked."""
    allowed(command, asked)
    place = _place(command)
    config = asked.config
    if place not in config.environments and place not in {str(target) for target in config.targets()}:
        raise UserMistake(f"there is no {place or 'place'} to lock", "name a target or an environment of the config")
    now = asked.ports.clock.now()
    reason = Redactor(asked.ports.fingerprint_key, asked.repository, "").text(command.reason).plain
    made = Lock(place, asked.person.login, reason, now, now + command.seconds if command.seconds else 0.0)
    with asked.ports.ledger.begin() as tx:
        if asked.first_time(tx):
            there = {each.place: each for each in tx.locks.of(asked.repository) if not each.until or now < each.until}
            if place in there and there[place].login != made.login:
                raise UserMistake(f"{place} is locked by {there[place].login} already")
            tx.locks.put(asked.repository, made)
            note(tx, asked, "locked", place, reason)
            wake_all(tx, asked.repository)
    return ""


def unlock(command: Command, asked: Asked) -> str:
    """Open a lock: its owner's or a repository admin's right. Raises UserMistake for anybody else, and without a
    lock."""
    allowed(command, asked)
    place = _place(command)
    with asked.ports.ledger.begin() as tx:
        if asked.first_time(tx):
            locks = {each.place: each for each in tx.locks.of(asked.repository)}
            if place not in locks:
                known = f"locked are: {', '.join(locks)}" if locks else "nothing is locked"
                raise UserMistake(f"{place or 'this'} is not locked", known)
            if asked.person.login != locks[place].login and asked.person.role is not Role.ADMIN:
                raise UserMistake(f"{place} was locked by {locks[place].login}", "they or a repository admin open it")
            tx.locks.drop(asked.repository, place)
            note(tx, asked, "unlocked", place)
            wake_all(tx, asked.repository)
    return ""


def _place(command: Command) -> str:
    return command.environment or (str(command.targets[0]) if command.targets else "")
