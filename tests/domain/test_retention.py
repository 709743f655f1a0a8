"""What is forgotten of deployments, and what a later one may still be held against."""

from dataclasses import replace

import pytest

from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.retention import NEWEST, forgettable
from bot.domain.subjects import Target

S = DeploymentState
WEB, API = Target("prod", "web"), Target("prod", "api")
LONG_AGO, NOW, BEFORE = 1.0, 1000.0, 500.0


def history(
    *states: DeploymentState, target: Target = WEB, first_id: int = 1, changed: float = LONG_AGO
) -> list[Deployment]:
    return [
        Deployment(first_id + at, "github:12", target, f"c{at}", 1, at + 1, state, changed=changed)
        for at, state in enumerate(states)
    ]


def gone(rows: list[Deployment]) -> list[int]:
    return sorted(row.seq for row in forgettable(rows, BEFORE) if row.target == WEB)


LONG = [S.HEALTHY] * (NEWEST + 30)


def test_of_a_long_history_the_newest_few_are_kept() -> None:
    assert gone(history(*LONG)) == list(range(1, 31))


def test_what_is_young_is_kept_with_all_that_came_after_it() -> None:
    rows = history(*LONG)
    rows[5] = replace(rows[5], changed=NOW)
    assert gone(rows) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("state", [S.WAITING, S.CONFIRMING, S.APPLYING, S.SETTLING])
def test_what_is_unfinished_is_kept_and_the_one_before_it_too(state: DeploymentState) -> None:
    rows = history(*LONG)
    rows[5] = replace(rows[5], state=state)
    assert gone(rows) == [1, 2, 3, 4], "the fifth is what the sixth is held against"


def test_the_last_healthy_one_is_kept_with_every_failure_since() -> None:
    assert gone(history(*[S.HEALTHY] * 4, *[S.FAILED] * (NEWEST + 30))) == [1, 2, 3]


def test_a_target_that_never_was_healthy_keeps_its_first() -> None:
    assert gone(history(*[S.FAILED] * (NEWEST + 30))) == []


def test_what_another_target_waits_for_is_kept() -> None:
    """prod/api waits since then: whether prod/web had failed at that commit must still be seen."""
    waiting = history(S.WAITING, target=API, first_id=11)
    assert gone([*history(*LONG[:10]), *history(*LONG, first_id=12)[10:], *waiting]) == list(range(1, 10))


def test_what_began_to_write_last_is_kept_whatever_came_after() -> None:
    rows = [replace(row, started=1.0) if row.seq == 3 else row for row in history(*LONG)]
    assert gone(rows) == [1, 2]
