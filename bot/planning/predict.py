"""Asks the API server what an object would become: dry-runs, each distinct body once."""

from dataclasses import dataclass

from bot.objects.identity import Object
from bot.planning.sides import Sent
from bot.planning.standing import stands
from bot.planning.verifying import Verifying
from bot.ports.clusters import Accepted, Conflict, Conflicted, PlanCluster, Refused


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the server says the object would be, or why it would refuse; and who holds fields that we would take."""

    object: Object | None
    problem: Refused | None = None
    conflicts: tuple[Conflict, ...] = ()
    warnings: tuple[str, ...] = ()


class Predictions:
    """The dry-runs of one object: B, H and A share an answer where they share a body.

    With its live object and a memory of what was verified, a body that is known to change nothing is not asked about.
    `final` says that this is for applying, which does not send what would change nothing: that is not asked either.
    """

    def __init__(
        self, cluster: PlanCluster, live: Object | None = None, verifying: Verifying | None = None, final: bool = False
    ) -> None:
        self._cluster, self._final = cluster, final
        self._live, self._verifying = live, verifying if live is not None else None
        self._known: dict[str, Prediction] = {}

    def known(self, sent: Sent) -> bool:
        """Whether it is known without a call what becomes of a body: nothing changes."""
        live = self._live
        if sent.digest not in self._known and live is not None and self._leaves(sent, live):
            self._known[sent.digest] = Prediction(live)
        return sent.digest in self._known

    def _leaves(self, sent: Sent, live: Object) -> bool:
        if self._final:
            return stands(sent, live)
        return self._verifying is not None and self._verifying.holds(sent, live)

    def of(self, sent: Sent) -> Prediction:
        """First without force, whose 409 tells who owns what; then with. Raises ClusterUnreachable."""
        if not self.known(sent):
            self._known[sent.digest] = self._ask(sent)
        return self._known[sent.digest]

    def _ask(self, sent: Sent) -> Prediction:
        live, verifying = self._live, self._verifying
        if verifying is None or live is None:
            return self._dry_run(sent)
        verifying.look(sent)
        prediction = self._dry_run(sent)
        if prediction.object is not None and not (prediction.conflicts or prediction.warnings):
            verifying.note(sent, live, prediction.object)
        return prediction

    def _dry_run(self, sent: Sent) -> Prediction:
        conflicts: tuple[Conflict, ...] = ()
        answer = self._cluster.dry_apply(sent.body, force=False)
        if isinstance(answer, Conflicted):
            conflicts = answer.conflicts
            answer = self._cluster.dry_apply(sent.body, force=True)
        if isinstance(answer, Accepted):
            return Prediction(answer.object, conflicts=conflicts, warnings=answer.warnings)
        if isinstance(answer, Refused):
            return Prediction(None, problem=answer, conflicts=conflicts)
        return Prediction(None, Refused("invalid", "conflicts remain although they were overridden"), conflicts)
