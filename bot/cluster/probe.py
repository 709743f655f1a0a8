"""Proof that an identity which plans cannot write: a real write that RBAC allows, and that the policy must refuse.

It is a small ConfigMap with constant contents, which does no harm if it is accepted, and then stays as evidence. It is
tried in the identity's own namespace, where RBAC allows it for this purpose, and in each namespace granted by name,
since a binding can be narrowed to some namespaces.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.cluster.accounts import granted_account
from bot.cluster.policies import DRY_RUN_ONLY, PROBE, is_pattern, plan_policy_name
from bot.cluster.write import ApplyingCluster
from bot.domain.grants import Cluster, Grant
from bot.ports.clusters import Accepted, Answer, ClusterUnreachable, Refusal, Refused

_STANDS = 3600.0
_FAILED = 60.0
"""Seconds until a proof is asked for again: hourly, and soon after one that failed, so that mending it shows."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a proof ended and when. Empty `against` means that it stands."""

    at: float
    against: str


class Proofs:
    """Proofs by cluster and grant. Safe across threads: of several that ask at once, one tries."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._locks: dict[tuple[Cluster, Grant], threading.Lock] = {}
        self._verdicts: dict[tuple[Cluster, Grant], Verdict] = {}

    def demand(self, cluster: Cluster, grant: Grant, as_planner: ApplyingCluster) -> None:
        """Return when `plan_as` has been proven unable to write within the last hour, else prove it now.

        Raises ClusterUnreachable when the proof does not stand, with what to do about it.
        """
        about = cluster, grant
        with self._lock:
            lock = self._locks.setdefault(about, threading.Lock())
        with lock:
            verdict = self._verdicts.get(about)
            if verdict is None or self._now() - verdict.at >= (_FAILED if verdict.against else _STANDS):
                verdict = Verdict(self._now(), _against(cluster, grant, as_planner))
                self._verdicts[about] = verdict
        if verdict.against:
            raise ClusterUnreachable(
                f"cluster {cluster.name} {verdict.against}, so nothing is dry-run there: "
                "apply the output of `plumbline manifests`"
            )


def _against(cluster: Cluster, grant: Grant, as_planner: ApplyingCluster) -> str:
    """What speaks against the proof, in words that follow the cluster's name; empty when it stands."""
    home = granted_account(grant.plan_as, "plan_as").namespace
    for namespace in _places(home, grant):
        answer = as_planner.apply(_probe(namespace), force=True)
        if isinstance(answer, Accepted):
            return f"let {grant.plan_as} really write the ConfigMap {namespace}/{PROBE}"
        if namespace == home and not _refused_by_policy(cluster, answer):
            return f"gives no proof that {grant.plan_as} cannot write ({_short(answer)})"
    return ""


def _places(home: str, grant: Grant) -> Iterator[str]:
    """Where to try. A namespace that is not there yet, or where RBAC refuses as well, is no counter-evidence."""
    yield home
    yield from (namespace for namespace in grant.namespaces if not is_pattern(namespace))


def _probe(namespace: str) -> dict[str, object]:
    said = "If this exists, the account that plans was able to write: apply the output of `plumbline manifests`."
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": PROBE, "namespace": namespace},
        "data": {"about": said},
    }


def _refused_by_policy(cluster: Cluster, answer: Answer) -> bool:
    """Whether the refusal is our policy's own, by its name and words: another's would say nothing about dry-runs."""
    if not isinstance(answer, Refused) or answer.why != Refusal.POLICY:
        return False
    return f"'{plan_policy_name(cluster)}'" in answer.message and DRY_RUN_ONLY in answer.message


def _short(answer: Answer) -> str:
    return answer.why if isinstance(answer, Refused) else "conflict"
