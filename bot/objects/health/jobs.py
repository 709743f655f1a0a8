"""Jobs are waited for until they end; cron jobs are not."""

from collections.abc import Sequence

from bot.objects.health.pods import first_failure
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
from bot.objects.identity import Object


def job(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current once Complete, failed with Failed or the FailureTarget before it. Unlike kstatus, running is in progress.

    Pods that cannot start fail it early; those that crash do not, since the Job counts and repeats them.
    """
    conditions = conditions_of(body)
    for name in ("Failed", "FailureTarget"):
        if holds(conditions, name):
            return failed(*told(conditions[name], "the job failed"))
    if holds(conditions, "Complete"):
        return current("Complete")
    if (body.get("spec") or {}).get("suspend") is True:
        return Health(HealthState.SUSPENDED, "Suspended", "the job is suspended")
    failure = first_failure([each for each in related if owned_by(each, body)], crashes=False)
    if failure is not None:
        return failure
    status = status_of(body)
    message = (
        f"{count(status, 'active')} active, {count(status, 'succeeded')} succeeded, {count(status, 'failed')} failed"
    )
    return in_progress("Running", message)


def cron_job(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current: what it starts is not part of the deployment."""
    if (body.get("spec") or {}).get("suspend") is True:
        return Health(HealthState.SUSPENDED, "Suspended", "the cron job is suspended")
    return current()
