"""Clusters whose API server dies at one request after the other: before it arrives, and with its answer on the way."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, cast

import urllib3.exceptions

from bot.cluster.gateway import Patience
from bot.cluster.open import KubernetesClusters, Server
from bot.domain.grants import Cluster
from tests.live.delivering import KEY

BEFORE, AFTER = "before", "after"


@dataclass
class Outage:
    """The server dies at each request that it has not died at yet in the place where the deployment stands, and stays
    dead until `start`. Reads die before they arrive; writes also after they did, so that only their answer is lost.

    `only` is how requests begin that it dies at; `meanwhile` is told of the request and when, before the one who sent
    it notices; `walked` are the deaths in order: place, request, and when.
    """

    place: Callable[[], str]
    only: str = ""
    meanwhile: Callable[[str, str], None] = lambda name, when: None
    walked: list[tuple[str, str, str]] = field(default_factory=list)
    dead: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """The server is back."""
        self.dead = False

    def request(self, name: str, send: Callable[[], Any], *, writes: bool) -> Any:
        """The answer to a request. Raises what a lost connection raises."""
        with self._lock:
            when = "" if self.dead else self._when(name, writes=writes)
            self.dead = self.dead or bool(when)
            lost = self.dead
        if when == AFTER:
            send()
        if when:
            self.meanwhile(name, when)
        if lost:
            raise urllib3.exceptions.ProtocolError("connection lost")
        return send()

    def _when(self, name: str, *, writes: bool) -> str:
        place = self.place() if name.startswith(self.only) else ""
        for when in (BEFORE, AFTER) if writes else (BEFORE,):
            if place and (place, name, when) not in self.walked:
                self.walked.append((place, name, when))
                return when
        return ""


class FrailClusters(KubernetesClusters):
    """The port Clusters over a wire that breaks as an Outage says."""

    def __init__(self, outage: Outage, retries: int = 0) -> None:
        super().__init__(KEY, Patience(retries=retries))
        self._outage = outage

    def _server(self, cluster: Cluster) -> Server:
        found = super()._server(cluster)
        client = found.connection.client()
        if not isinstance(client.rest_client, _Wire):
            client.rest_client = cast(Any, _Wire(client.rest_client, self._outage))
        return found


class _Wire:
    """In place of the package's own `rest_client`."""

    def __init__(self, inner: Any, outage: Outage) -> None:
        self._inner, self._outage = inner, outage

    def request(self, method: str, url: str, **more: Any) -> Any:
        tries = "dryRun" in url + str(more["body"])

        def send() -> Any:
            answer = self._inner.request(method, url, **more)
            answer.read()
            return answer

        place = "/".join(url.partition("?")[0].split("/")[-2:])
        name = f"{'try ' if tries else ''}{method} {place}{_digits(more['body'])}"
        return self._outage.request(name, send, writes=method != "GET" and not tries)


def _digits(body: bytes | None) -> str:
    """What tells two bodies apart that are sent to one place. A version that was read tells nothing."""
    if body is None:
        return ""
    said = json.loads(body)
    said.get("metadata", {}).pop("resourceVersion", None)
    return " " + sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:6]
