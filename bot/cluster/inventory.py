"""Inventories of targets as ConfigMaps in the operator's namespace, which other ApplySet tools can read too.

Written by server-side apply with the resourceVersion that was read, so that nothing is written over an inventory which
was not looked at first, and repeating a write that went through changes nothing.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import TypeVar

from bot.cluster.applyset import applyset_id, parent_metadata, stranger
from bot.cluster.inventory_data import Contents, TooManyRows, Unbelievable, check_seal, keys_of, seal, unseal
from bot.cluster.write import ApplyingCluster
from bot.domain.errors import UserMistake
from bot.domain.grants import Cluster
from bot.domain.inventory import Inventory
from bot.domain.subjects import Target, target_key
from bot.objects.identity import Kind, Object, ObjectKey
from bot.ports.clusters import Accepted, ClusterUnreachable, Refusal, Refused, Resource

_CONFIG_MAP = Resource(Kind("", "ConfigMap"), "v1", "configmaps", True)
_SUBJECT = "plumbline.dev/subject"
_TRIES = 3

T = TypeVar("T")


class ConfigMapInventories:
    """The port Inventories, as the identity `inventory_as`. `key` seals what is written; who has none only reads, and
    cannot tell what was edited by hand."""

    def __init__(self, cluster: Cluster, api: ApplyingCluster, key: bytes | None) -> None:
        self._cluster = cluster
        self._api = api
        self._key = key

    def name_of(self, repository: str, target: Target) -> Inventory:
        """The empty inventory of a target, without asking anyone. The name is stable for the repository's id."""
        subject = target_key(repository, target)
        name = f"plumbline-{hashlib.sha256(subject.encode()).hexdigest()[:32]}"
        return Inventory(name, applyset_id(self._cluster.inventory_namespace, name), subject=subject)

    def read(self, repository: str, target: Target) -> Inventory | None:
        """The inventory as the cluster has it. Raises UserMistake when it is not as we wrote it, ClusterUnreachable."""
        empty = self.name_of(repository, target)
        found = self._current(empty, unseal)
        if found is None:
            return None
        return Inventory(empty.name, empty.applyset, found[1].rows, empty.subject, found[1].pending)

    def widen(self, inventory: Inventory, upcoming: Sequence[ObjectKey], pending: str) -> None:
        """Journal a wave and let the hints cover what it will touch. Raises UserMistake, ClusterUnreachable."""
        self._write(inventory, [*keys_of(inventory.rows), *upcoming], pending)

    def settle(self, inventory: Inventory) -> None:
        """Write the rows as they are now, with hints for no more than them. Raises UserMistake, ClusterUnreachable."""
        self._write(inventory, keys_of(inventory.rows), "")

    def _write(self, inventory: Inventory, members: Sequence[ObjectKey], pending: str) -> None:
        if self._key is None:
            raise UserMistake("an inventory is written only by the installation whose key seals it")
        try:
            sealed = seal(Contents(inventory.rows, pending), inventory.applyset, self._key)
        except TooManyRows:
            message = f"{len(inventory.rows)} objects are more than one inventory holds"
            raise UserMistake(message, "split the app into several") from None
        metadata = parent_metadata(self._cluster.inventory_namespace, inventory.name, members)
        if inventory.subject:
            metadata["annotations"][_SUBJECT] = inventory.subject
        for _ in range(_TRIES):
            found = self._current(inventory, check_seal)
            version = {"resourceVersion": found[0]["metadata"]["resourceVersion"]} if found else {}
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {**metadata, **version}, **sealed}
            answer = self._api.apply(body, force=True)
            if isinstance(answer, Accepted):
                return
            if not isinstance(answer, Refused) or answer.why not in (Refusal.MODIFIED, Refusal.GONE):
                raise self._refused(answer.why if isinstance(answer, Refused) else "in conflict")
        raise self._refused("changed by somebody else meanwhile")

    def _current(
        self, inventory: Inventory, opened: Callable[[Object, str, bytes | None], T]
    ) -> tuple[Object, T] | None:
        """The map and what opening it gives, None when there is none."""
        namespace, name = self._cluster.inventory_namespace, inventory.name
        found = self._api.get(_CONFIG_MAP, namespace, name)
        if found is None:
            return None
        if isinstance(found, Refused):
            raise self._refused(found.why)
        try:
            wrong = stranger(found)
            if wrong:
                raise Unbelievable(wrong)
            return found, opened(found, inventory.applyset, self._key)
        except Unbelievable as error:
            message = f"the inventory {namespace}/{name} in cluster {self._cluster.name} cannot be believed: {error}"
            remedy = "undo the edit; or delete the ConfigMap, and the next deployment writes it from the ledger"
            raise UserMistake(message, remedy) from None

    def _refused(self, why: str) -> ClusterUnreachable:
        where = f"{self._cluster.inventory_namespace} of cluster {self._cluster.name}"
        return ClusterUnreachable(
            f"the inventory in namespace {where} is not accessible as {self._cluster.inventory_as} ({why}): "
            "apply the output of `plumbline manifests` there"
        )
