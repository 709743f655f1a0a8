"""Short answers to commands, each a comment of its own."""

import re
from collections.abc import Sequence

from bot.comments.markdown import code, label, worded
from bot.domain.command_lines import BadCommand, UnknownCommand
from bot.domain.commands import TABLE
from bot.domain.config import CommandSettings, Config
from bot.domain.deployments import Deployment
from bot.domain.errors import UserMistake
from bot.domain.permissions import Person, may
from bot.objects.redact import inert

_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")
"""A person's login: nobody else is mentioned, whatever a forge calls them."""
_FAILED = 3


def unknown_command(said: UnknownCommand, settings: CommandSettings) -> str:
    """A word after our prefix that is no command, with the one that was most likely meant."""
    meant = f" Did you mean {code(inert(f'{settings.prefix} {said.nearest}'))}?" if said.nearest else ""
    return f"There is no command {code(inert(said.word))}.{meant} {_help(settings)}"


def bad_command(said: BadCommand) -> str:
    """A command that cannot be carried out as written."""
    remedy = f" {_sentence(said.remedy)}" if said.remedy else ""
    return f"{_sentence(said.message)}{remedy}"


def mistake(wrong: UserMistake) -> str:
    """Something a person can mend: what, where and how."""
    place = f"{wrong.file}:{wrong.line}" if wrong.file and wrong.line else wrong.file
    where = f"{code(inert(place))}: " if place else ""
    remedy = f" {_sentence(wrong.remedy)}" if wrong.remedy else ""
    return f"{where}{_sentence(wrong.message, capital=not place)}{remedy}"


def help_for(person: Person, config: Config) -> str:
    """The commands this person may use here, on any environment."""
    settings = config.commands
    environments = list(config.environments.values())
    rows = [
        row
        for row in TABLE.values()
        if any(may(row.needs, person, [environment]) for environment in environments) or may(row.needs, person, [])
    ]
    options = dict.fromkeys(option for row in rows for option in row.options)
    role = f"You have the role {label(person.role.value)} here and may use:"
    lines = [role, "", *(f"- {code(inert(row.usage(settings)))} – {row.says}" for row in rows)]
    said = "; ".join(f"{code(inert(option.usage))} {option.says}" for option in options)
    return "\n".join([*lines, "", f"Options: {said}."] if said else lines)


def failed_notice(rows: Sequence[Deployment], author: str) -> str:
    """A short new comment for the author of a pull whose deployment failed; the deployment's comment says the rest."""
    who = f"@{author}: " if _LOGIN.fullmatch(author) else ""
    lines = [
        f"**{label(str(row.target))}** failed at {code(inert(row.commit[:7]))}: "
        f"{worded(inert(row.reason, 300)) or 'no reason was given'}"
        for row in rows[:_FAILED]
    ]
    more = f" And {len(rows) - _FAILED} more targets failed." if len(rows) > _FAILED else ""
    return f"{who}{'; '.join(lines)}.{more} What stands now and what to do is in the deployment's comment above."


def _help(settings: CommandSettings) -> str:
    return f"{code(inert(f'{settings.prefix} help'))} lists what you may use."


def _sentence(text: str, *, capital: bool = True) -> str:
    """Plain text as a sentence, harmless, with a full stop."""
    shown = worded(inert(text, 1000))
    shown = shown[:1].upper() + shown[1:] if capital else shown
    return shown if shown.endswith((".", "?", "!")) else f"{shown}."
