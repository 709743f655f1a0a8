"""Deployment windows over real calendars: when deploying is allowed, and when it is again."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.config import Window
from bot.domain.windows import opens

LISBON = "Europe/Lisbon"
HOUR = 3600.0
WEEKENDS = Window(False, "0 16 * * FRI", 64 * HOUR, LISBON)
OFFICE = Window(True, "0 9 * * 1-5", 8 * HOUR, LISBON)


def at(text: str, zone: str = LISBON, fold: int = 0) -> float:
    """A moment on the clocks of a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


@pytest.mark.parametrize(
    ("windows", "now", "opens_at"),
    [
        ([], "2026-06-06 03:00", "2026-06-06 03:00"),
        ([WEEKENDS], "2026-06-05 15:59", "2026-06-05 15:59"),
        ([WEEKENDS], "2026-06-05 16:00", "2026-06-08 08:00"),
        ([WEEKENDS], "2026-06-08 07:59", "2026-06-08 08:00"),
        ([WEEKENDS], "2026-06-08 08:00", "2026-06-08 08:00"),
        ([WEEKENDS], "2026-10-24 12:00", "2026-10-26 07:00"),  # an hour more on Sunday
        ([WEEKENDS], "2026-03-28 12:00", "2026-03-30 09:00"),  # an hour less
        ([OFFICE], "2026-06-05 12:00", "2026-06-05 12:00"),
        ([OFFICE], "2026-06-05 17:00", "2026-06-08 09:00"),
        ([OFFICE, WEEKENDS], "2026-06-05 16:30", "2026-06-08 09:00"),
        ([Window(False, "0 0 29 2 *", 24 * HOUR, "UTC"), OFFICE], "2028-02-29 10:00", "2028-03-01 09:00"),
        ([Window(False, "*/15 * * * *", 5 * 60.0, LISBON)], "2026-06-05 10:16", "2026-06-05 10:20"),
        (
            [Window(False, "0 0 1,15 * MON", 24 * HOUR, LISBON)],
            "2026-06-08 10:00",
            "2026-06-09 00:00",
        ),  # either suffices
        ([Window(False, "0 0 * JUN 7", 24 * HOUR, LISBON)], "2026-06-07 10:00", "2026-06-08 00:00"),
    ],
)
def test_deploying_is_allowed_again_at(windows: list[Window], now: str, opens_at: str) -> None:
    assert opens(windows, at(now)) == at(opens_at)


def test_a_moment_that_the_clocks_skip_begins_where_they_go_on() -> None:
    skipped = Window(False, "30 1 * * *", 2 * HOUR, LISBON)
    assert opens([skipped], at("2026-03-29 02:29")) == at("2026-03-29 02:29")
    assert opens([skipped], at("2026-03-29 02:30")) == at("2026-03-29 04:30")


def test_a_moment_that_the_clocks_show_twice_begins_it_twice() -> None:
    twice = Window(False, "30 1 * * *", 600.0, LISBON)
    for fold in (0, 1):
        assert opens([twice], at("2026-10-25 01:35", fold=fold)) == at("2026-10-25 01:40", fold=fold)


def test_what_is_never_allowed_has_no_time_to_tell() -> None:
    assert opens([Window(True, "0 0 31 2 *", HOUR)], at("2026-06-05 10:00")) is None
    assert opens([Window(False, "* * * * *", 120.0)], at("2026-06-05 10:00")) is None


@given(
    now=st.integers(min_value=1_600_000_000, max_value=1_900_000_000).map(float),
    deny=st.booleans(),
    zone=st.sampled_from([LISBON, "UTC", "Australia/Lord_Howe", "America/St_Johns"]),
)
def test_when_it_opens_it_is_open(now: float, deny: bool, zone: str) -> None:
    windows = [Window(not deny, "15 */6 * * 1-5", 90 * 60.0, zone)]
    found = opens(windows, now)
    assert found is not None
    assert found >= now
    assert opens(windows, found) == found
    if found > now:
        assert opens(windows, (now + found) / 2) == found
