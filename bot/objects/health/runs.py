"""Hooks: a Job or Pod that has to end well before anything goes on, which its kind's own rule does not ask for."""

from collections.abc import Sequence

from bot.objects.health.judge import judge
from bot.objects.health.verdict import Health, HealthState, in_progress, status_of
from bot.objects.identity import Object


def judge_run(body: Object, related: Sequence[Object], now: float) -> Health:
    """As `judge`, but a hook that still runs, or is suspended, is in progress. No rule of the config is about hooks."""
    health = judge(body, related, None, now)
    if health.state is HealthState.SUSPENDED:
        return in_progress(health.reason, f"{health.message}, so the hook does not end")
    if health.state is HealthState.CURRENT and body["kind"] == "Pod" and status_of(body).get("phase") != "Succeeded":
        return in_progress("Running", "the hook has not ended yet")
    return health
