"""`explain`, `status` and `config`: runs when somebody asks why something waits, or how things stand."""

from bot.comments import standing
from bot.domain.commands import Command
from bot.domain.deployments import Deployment
from bot.domain.errors import UserMistake
from bot.domain.stops import locks_on
from bot.domain.subjects import Target
from handlers.asking import Asked, allowed, newest_here


def explain(command: Command, asked: Asked) -> str:
    """Every unmet condition of what was merged here, or of a target: who can meet it, and the next command."""
    allowed(command, asked)
    if command.targets:
        with asked.ports.ledger.begin() as tx:
            rows = list(tx.deployments.of_target(asked.repository, command.targets[0]))
        here = [row for row in rows if not row.state.ended] or rows[-1:]
    else:
        here = newest_here(asked)
    if not here:
        subject = str(command.targets[0]) if command.targets else "this"
        raise UserMistake(f"{subject} has no deployment", "merge it first, or name a target")
    return standing.explained(here, asked.config.commands.prefix)


def status(command: Command, asked: Asked) -> str:
    """Where every target of the config stands, and what is locked and held."""
    allowed(command, asked)
    now = asked.ports.clock.now()
    with asked.ports.ledger.begin() as tx:
        locks, holds = tx.locks.of(asked.repository), tx.holds.of(asked.repository)
        newest: dict[Target, Deployment | None] = {}
        for target in asked.config.targets():
            rows = tx.deployments.of_target(asked.repository, target)
            newest[target] = rows[-1] if rows else None
    locked = [each for each in locks if any(each in locks_on([each], target, now) for target in newest)]
    return standing.status(newest, locked, holds, asked.config.commands.prefix)


def config(command: Command, asked: Asked) -> str:
    """The config at the default branch's tip as the bot reads it."""
    allowed(command, asked)
    return standing.config_as_read(asked.config)
