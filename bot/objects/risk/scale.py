"""A workload is scaled to nothing."""

from bot.objects.identity import Object
from bot.objects.paths import value_at
from bot.objects.risk.note import Level, RiskNote

_REPLICAS = ("spec", "replicas")


def to_zero(before: Object | None, after: Object | None) -> list[RiskNote]:
    """Replicas fall to 0 from something else. A workload that starts with 0 is no risk."""
    if before is None or after is None or value_at(after, _REPLICAS) != 0 or value_at(before, _REPLICAS) == 0:
        return []
    return [RiskNote(Level.WARN, "replicas-to-zero", "spec.replicas", "stops every pod of the workload")]
