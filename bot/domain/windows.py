"""Times in which deploying is allowed or denied, as they are written in the config."""

import re
import zoneinfo

from bot.domain.config import Window
from bot.domain.nodes import Node

LONGEST_SECONDS = 31 * 86400.0
_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
_NAMES = {
    "month": ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    "weekday": ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
}
_PART = re.compile(r"(?:\*|([0-9]{1,2})(?:-([0-9]{1,2}))?)(?:/([1-9][0-9]?))?")


def read_window(node: Node) -> Window:
    """One entry of `windows`: `allow` or `deny` with a cron expression, `for` with a duration, `zone` with a name."""
    given = node.keys(("allow", "deny", "for", "zone"), required=("for",))
    if ("allow" in given) == ("deny" in given):
        node.wrong(f"{node} needs one of `allow` and `deny`", "write one cron expression under one of them")
    allow = "allow" in given
    start = given.get("allow") or given.get("deny")
    zone = given["zone"].text() if "zone" in given else "UTC"
    if not _known(zone):
        given["zone"].wrong(f"there is no time zone {zone!r}", "write one as in Europe/Lisbon, or UTC")
    return Window(
        allow=allow,
        cron=_cron(start) if start else "",
        seconds=given["for"].duration(LONGEST_SECONDS) if "for" in given else 0.0,
        zone=zone,
    )


def _cron(node: Node) -> str:
    """A cron expression of five fields (crontab(5)), with names for months and weekdays."""
    text = node.text()
    parts = text.split()
    if len(parts) != len(_FIELDS):
        node.wrong(f"{node} needs five fields", 'minute, hour, day, month, weekday: "0 16 * * FRI"')
        return text
    for part, (field, least, most) in zip(parts, _FIELDS, strict=True):
        if not _field(part.upper(), field, least, most):
            node.wrong(
                f"{node}: {part[:40]!r} is no {field}", f"write *, numbers from {least} to {most}, a-b, */n or a,b"
            )
    return text


def _field(text: str, field: str, least: int, most: int) -> bool:
    for number, name in enumerate(_NAMES.get(field, ()), start=least):
        text = re.sub(rf"\b{name}\b", str(number), text)
    for part in text.split(","):
        found = _PART.fullmatch(part)
        if not found:
            return False
        numbers = [int(number) for number in found.group(1, 2) if number]
        if numbers != sorted(numbers) or any(not least <= number <= most for number in numbers):
            return False
    return True


def _known(zone: str) -> bool:
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
