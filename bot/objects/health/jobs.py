"""Jobs are waited for until they end; cron jobs are not."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.objects.health.creation import uncreated
from bot.objects.health.pods import first_failure, own, waiting_on
from bot.objects.health.verdict import (
    Health,
    HealthState,
    conditions_of,
    count,
    current,
    failed,
    holds,
    in_progress,
    owned_by,
    status_of,
    told,
)
from bot.objects.identity import Kind, Object, kind_of


def job(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current once Complete, failed with Failed or the FailureTarget before it. Unlike kstatus, running is in progress.

    Pods that cannot start fail it early; those that crash do not, since the Job counts and repeats them. Once it gave
    up, the first of those that are still there says how it ended.
    """
    conditions = conditions_of(body)
    pods = own(related, lambda each: owned_by(each, body))
    for name in ("Failed", "FailureTarget"):
        if holds(conditions, name):
            return _given_up(conditions[name], first_failure(pods, now, crashes=True))
    if holds(conditions, "Complete"):
        return current("Complete")
    if (body.get("spec") or {}).get("suspend") is True:
        return Health(HealthState.SUSPENDED, "Suspended", "the job is suspended")
    status = status_of(body)
    lacking = 1 - sum(count(status, name) for name in ("active", "succeeded"))
    failure = uncreated(body, lacking, related, now) or first_failure(pods, now, crashes=False)
    if failure is not None:
        return failure
    message = (
        f"{count(status, 'active')} active, {count(status, 'succeeded')} succeeded, {count(status, 'failed')} failed"
    )
    return in_progress("Running", message + waiting_on(pods, now))


def _given_up(condition: dict[str, Any], ended: Health | None) -> Health:
    reason, message = told(condition, "the job failed")
    if ended is None:
        return failed(reason, message)
    return replace(ended, message=f"{ended.message}; {message}")


def expired(desired: Object, written: float, now: float) -> Health | None:
    """Current when a Job that is not there any more can only have ended and been removed after its time to live.

    `written` is when we wrote it, in seconds since the epoch: a Job that vanished sooner was deleted by someone.
    """
    ttl = (desired.get("spec") or {}).get("ttlSecondsAfterFinished")
    if kind_of(desired) != Kind("batch", "Job") or not isinstance(ttl, int) or now - written < ttl:
        return None
    return current("Expired", f"it ended and was removed after {ttl} s, as ttlSecondsAfterFinished asks")


def cron_job(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current: what it starts is not part of the deployment."""
    if (body.get("spec") or {}).get("suspend") is True:
        return Health(HealthState.SUSPENDED, "Suspended", "the cron job is suspended")
    return current()
