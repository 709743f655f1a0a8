"""Times in which deploying is allowed or denied: as they are written in the config, and whether one is now.

A window begins at each moment that its cron expression names on the clocks of its zone, and lasts so many seconds of
real time. On the day clocks go back, a moment that they show twice begins it twice; one that they skip begins it where
they go on. All times here are seconds since the epoch.
"""

import re
import zoneinfo
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from bot.domain.config import Window
from bot.domain.nodes import Node

LONGEST_SECONDS = 31 * 86400.0
AHEAD_DAYS = 366 * 8 + 1
"""How far is looked ahead for the next start: 29 February may be eight years away."""
STEPS = 200
"""How many windows that touch each other are followed until deploying is allowed again."""
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


def opens(windows: Sequence[Window], now: float) -> float | None:
    """When deploying is allowed next: now itself, or a later time; None when no such time can be told.

    It is allowed while no `deny` window lasts and, where there are `allow` windows, one of them does.
    """
    at = now
    for _ in range(STEPS):
        shut = [end for each in windows if not each.allow and (end := _lasts(each, at)) is not None]
        allows = [each for each in windows if each.allow]
        if shut:
            at = max(shut)
        elif not allows or any(_lasts(each, at) is not None for each in allows):
            return at
        else:
            starts = [start for each in allows if (start := _next(each, at)) is not None]
            if not starts:
                return None
            at = min(starts)
    return None


def _lasts(window: Window, now: float) -> float | None:
    """When a window that lasts now ends; None when it does not last."""
    zone, cron = zoneinfo.ZoneInfo(window.zone), _read(window.cron)
    day = datetime.fromtimestamp(now, zone).date()
    earliest = datetime.fromtimestamp(now - window.seconds, zone).date() - timedelta(days=1)
    while day >= earliest:
        starts = [start for start in _starts(cron, day, zone) if start <= now]
        if starts:
            end = max(starts) + window.seconds
            return end if now < end else None
        day -= timedelta(days=1)
    return None


def _next(window: Window, now: float) -> float | None:
    """A window's next start."""
    zone, cron = zoneinfo.ZoneInfo(window.zone), _read(window.cron)
    day = datetime.fromtimestamp(now, zone).date()
    for ahead in range(AHEAD_DAYS):
        starts = [start for start in _starts(cron, day + timedelta(days=ahead), zone) if start > now]
        if starts:
            return min(starts)
    return None


@dataclass(frozen=True, slots=True)
class _Cron:
    """A cron expression as the numbers that fit; `either` says that one of day and weekday suffices (crontab(5))."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool

    def on(self, day: date) -> bool:
        """Whether it begins something on that day."""
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        fits = by_day or by_weekday if self.either else by_day and by_weekday
        return fits and day.month in self.months


def _starts(cron: _Cron, day: date, zone: zoneinfo.ZoneInfo) -> Iterator[float]:
    if cron.on(day):
        for hour in cron.hours:
            for minute in cron.minutes:
                first = datetime.combine(day, time(hour, minute), zone).timestamp()
                again = datetime.combine(day, time(hour, minute, fold=1), zone).timestamp()
                yield first
                if again > first:  # before it where clocks skip this moment
                    yield again


@lru_cache(maxsize=256)
def _read(cron: str) -> _Cron:
    """A cron expression that the config's reader let through."""
    fields = [frozenset(_numbers(part.upper(), *_FIELDS[at])) for at, part in enumerate(cron.split())]
    minutes, hours, days, months, weekdays = fields
    words = cron.split()
    return _Cron(
        tuple(sorted(minutes)),
        tuple(sorted(hours)),
        days,
        months,
        frozenset(each % 7 for each in weekdays),
        either=not words[2].startswith("*") and not words[4].startswith("*"),
    )


def _numbers(text: str, field: str, least: int, most: int) -> Iterator[int]:
    for number, name in enumerate(_NAMES.get(field, ()), start=least):
        text = re.sub(rf"\b{name}\b", str(number), text)
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        begin = least if first == "*" else int(first)
        end = int(last) if last else most if first == "*" or step else begin
        yield from range(begin, end + 1, int(step or 1))
