"""Asks the API server what an object would become: dry-runs, each distinct body once."""

from dataclasses import dataclass

from bot.objects.identity import Object
from bot.planning.sides import Sent
from bot.ports.clusters import Accepted, Conflict, Conflicted, PlanCluster, Refused


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the server says the object would be, or why it would refuse; and who holds fields that we would take."""

    object: Object | None
    problem: Refused | None = None
    conflicts: tuple[Conflict, ...] = ()
    warnings: tuple[str, ...] = ()


class Predictions:
    """The dry-runs of one object: B, H and A share an answer where they share a body."""

    def __init__(self, cluster: PlanCluster) -> None:
        self._cluster = cluster
        self._known: dict[str, Prediction] = {}

    def of(self, sent: Sent) -> Prediction:
        """First without force, whose 409 tells who owns what; then with. Raises ClusterUnreachable."""
        if sent.digest not in self._known:
            self._known[sent.digest] = self._ask(sent)
        return self._known[sent.digest]

    def _ask(self, sent: Sent) -> Prediction:
        conflicts: tuple[Conflict, ...] = ()
        answer = self._cluster.dry_apply(sent.body, force=False)
        if isinstance(answer, Conflicted):
            conflicts = answer.conflicts
            answer = self._cluster.dry_apply(sent.body, force=True)
        if isinstance(answer, Accepted):
            return Prediction(answer.object, conflicts=conflicts, warnings=answer.warnings)
        if isinstance(answer, Refused):
            return Prediction(None, problem=answer, conflicts=conflicts)
        return Prediction(None, Refused("invalid", 409, "conflicts remain although they were overridden"), conflicts)
