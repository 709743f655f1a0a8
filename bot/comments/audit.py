"""The audit for a terminal or another program: one entry on each line."""

import json
from datetime import UTC, datetime

from bot.domain.audit import Noted
from bot.objects.redact import inert

LONGEST = 2000
"""Characters of a detail that a terminal is shown."""


def audit_text(noted: Noted, repository: str) -> str:
    """An entry on one line of plain text; `repository` is how people call its repository."""
    entry = noted.entry
    where = " ".join(inert(each).plain for each in (repository, entry.target) if each)
    who, subject = inert(entry.actor).plain, inert(entry.subject).plain
    detail = f": {inert(entry.detail, LONGEST).plain}" if entry.detail else ""
    about = " ".join(each for each in (where, subject) if each)
    return f"{noted.number} {_time(entry.at)} {who} {inert(entry.action).plain} {about}{detail}"


def audit_json(noted: Noted, repository: str) -> str:
    """An entry as one line of JSON, with the hash that seals it."""
    entry = noted.entry
    line = {
        "number": noted.number,
        "at": _time(entry.at),
        "repository": repository,
        "target": entry.target,
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
        "hash": noted.hash,
    }
    return json.dumps(line)


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
