"""What is known to be as Git has it: an object whose dry-run changed nothing costs no second one within the hour.

A row of the ledger is one keyed hash over who asked, what was sent, what lived, and what else decides an answer; it
holds no value and cannot be turned back into one. Who holds which field is hashed too, other than DESIGN §6.4 asks:
what Git drops goes or stays by its owners, who change without the value. Only an answer that equals what lives, without
conflict or warning, is noted, so that the live object stands for it. Rows serve plans; nothing that writes reads them.
"""

import hmac
import json
import threading
from collections.abc import Callable, Collection
from functools import cache

from bot.objects.canonical import without
from bot.objects.identity import Object
from bot.planning.sides import Sent
from bot.ports.clusters import ClusterUnreachable, PlanCluster

Surroundings = Callable[[str], str | None]
"""What decides answers in a namespace besides the object, as `PlanCluster.surroundings` tells it."""


def surroundings_of(cluster: PlanCluster) -> Surroundings:
    """What decides answers in each namespace of a cluster, and of all, asked once for a plan. None means unknown."""
    asking = threading.Lock()

    @cache
    def ask(namespace: str) -> str | None:
        try:
            return cluster.surroundings(namespace)
        except ClusterUnreachable:
            return None

    def both(namespace: str) -> str | None:
        with asking:
            found = [ask(place) for place in dict.fromkeys(("", namespace))]
        return None if None in found else json.dumps(found)

    return both


class Verifying:
    """One target's memory. `known` are the hashes of the last hour, `fresh` those that this plan adds."""

    def __init__(self, key: bytes, identity: str, known: Collection[str], surroundings: Surroundings) -> None:
        self._key, self._identity, self._known, self._surroundings = key, identity, known, surroundings
        self.fresh: set[str] = set()

    def holds(self, sent: Sent, live: Object) -> bool:
        """Whether sending this body changes nothing about this live object."""
        return bool(self._known) and self._seal(sent, live) in self._known

    def look(self, sent: Sent) -> None:
        """To be called before a body is asked about: what decides the answer has to be read before the answer."""
        self._surroundings(_namespace(sent))

    def note(self, sent: Sent, live: Object, answer: Object) -> None:
        """Remember an answer that was neither refused nor in conflict, if it changes nothing."""
        seal = self._seal(sent, live)
        if seal and _unchanged(live) == _unchanged(answer):
            self.fresh.add(seal)

    def _seal(self, sent: Sent, live: Object) -> str:
        surroundings = self._surroundings(_namespace(sent))
        if surroundings is None:
            return ""
        parts = "\0".join((self._identity, surroundings, sent.digest, _unchanged(live)))
        return hmac.digest(self._key, parts.encode(), "sha256").hex()


def _namespace(sent: Sent) -> str:
    return str(sent.body["metadata"].get("namespace") or "")


def _unchanged(body: Object) -> str:
    """A live object without its status and what moves with it: versions, and when and in which status who wrote."""
    metadata = without(body["metadata"], ("managedFields", "resourceVersion"))
    owners = [
        without(entry, ("time",))
        for entry in body["metadata"].get("managedFields") or ()
        if entry.get("subresource") != "status"
    ]
    return json.dumps([without(body, ("metadata", "status")), metadata, owners], sort_keys=True, separators=(",", ":"))
