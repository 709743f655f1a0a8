"""Ports of a worker that dies before a write, outside or in the ledger, as kill -9 would have it: for good."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, cast

from bot.domain.deployments import Deployment
from bot.domain.grants import Cluster, Grant
from bot.domain.inventory import Inventory
from bot.objects.identity import Object, ObjectKey
from bot.ports.clusters import Answer, ApplyCluster, Clusters, Inventories
from bot.ports.ledger import Ledger, Transaction
from bot.ports.world import Ports

_WRITES = ("add", "drop", "keep_commit", "put", "save")


class Died(BaseException):
    """Nobody catches it: there is nobody left."""


@dataclass
class Fate:
    """When a worker dies: after a step that begins with `after`, once the ledger knows of a step that begins with
    `until`, or, when it `walks`, before every step that none died before yet. `steps` are those it took, and `deaths`
    those that it died before.
    """

    after: str = ""
    until: str = ""
    walks: bool = False
    steps: list[str] = field(default_factory=list)
    deaths: list[str] = field(default_factory=list)
    dead: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def before(self, step: str) -> None:
        """Raises Died from the fatal step on."""
        with self._lock:
            if not self.dead and self._fatal(step):
                self.dead = True
                self.deaths.append(step)
            if self.dead:
                raise Died(step)
            self.steps.append(step)

    def next_life(self) -> None:
        """Another worker goes on, with what is known of the deaths before."""
        self.dead, self.steps = False, []

    def _fatal(self, step: str) -> bool:
        if self.walks:
            return step not in self.deaths
        if self.after and self.steps and self.steps[-1].startswith(self.after):
            return True
        taken = [each.startswith(self.until) for each in self.steps] if self.until else []
        return any(taken) and not step.startswith("put") and self.steps[-1].startswith("put")


class _Wrapped:
    """Everything that is not a step goes through."""

    def __init__(self, inner: object, fate: Fate) -> None:
        self._inner, self._fate = inner, fate

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Rows(_Wrapped):
    """Rows of a transaction: writing them is a step, after which the transaction is lost."""

    def __getattr__(self, name: str) -> Any:
        found = super().__getattr__(name)
        if name not in _WRITES:
            return found

        def write(*args: Any) -> Any:
            self._fate.before(" ".join([name, *_about(args[-1])]))
            return found(*args)

        return write


def _about(written: Any) -> list[str]:
    """What tells one write of rows from another: the objects, or where a deployment stands."""
    if isinstance(written, Deployment):
        return [written.state.value, str(written.progress.wave)]
    rows = written if isinstance(written, list | tuple) else []
    return [str(getattr(row, "object", row)) + (" left" if getattr(row, "left", False) else "") for row in rows]


class _Transaction(_Wrapped):
    def __getattr__(self, name: str) -> Any:
        found = super().__getattr__(name)
        return _Rows(found, self._fate) if name in ("deployments", "inventory", "plans") else found


class _Ledger(_Wrapped):
    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        if self._fate.dead:
            raise Died("ledger")
        with cast(Ledger, self._inner).begin() as tx:
            yield cast(Transaction, _Transaction(tx, self._fate))


class _ApplyCluster(_Wrapped):
    def apply(self, body: Object, *, force: bool) -> Answer:
        self._fate.before(f"apply {body['kind']}/{body['metadata']['name']}")
        return cast(ApplyCluster, self._inner).apply(body, force=force)

    def delete(self, resource: Any, key: ObjectKey, uid: str) -> Any:
        self._fate.before(f"delete {key}")
        return cast(ApplyCluster, self._inner).delete(resource, key, uid)


class _Inventories(_Wrapped):
    def widen(self, inventory: Inventory, upcoming: Sequence[ObjectKey], pending: str) -> None:
        self._fate.before(" ".join(["widen", inventory.subject, *map(str, upcoming)]))
        cast(Inventories, self._inner).widen(inventory, upcoming, pending)

    def settle(self, inventory: Inventory) -> None:
        self._fate.before(" ".join(["settle", inventory.subject, *(str(row.object) for row in inventory.rows)]))
        cast(Inventories, self._inner).settle(inventory)


class _Clusters(_Wrapped):
    def apply(self, cluster: Cluster, grant: Grant) -> Any:
        return _ApplyCluster(cast(Clusters, self._inner).apply(cluster, grant), self._fate)

    def inventories(self, cluster: Cluster) -> Any:
        return _Inventories(cast(Clusters, self._inner).inventories(cluster), self._fate)


def mortal(ports: Ports, fate: Fate) -> Ports:
    """The same ports in the hands of a worker with this fate."""
    ledger, clusters = _Ledger(ports.ledger, fate), _Clusters(ports.clusters, fate)
    return replace(ports, ledger=cast(Ledger, ledger), clusters=cast(Clusters, clusters))
