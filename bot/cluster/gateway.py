"""Requests to one API server as one identity, repeated where that is safe, until an answer is of use.

Reads, server-side applies and deletes that name a UID may all be repeated without harm, so a lost connection, a 429 or
a server that is briefly away is tried again; nothing else is. Whatever then still says nothing about the object is
`ClusterUnreachable`, in a sentence without addresses, tokens or the server's own text.
"""

import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import urllib3.exceptions as lost
from kubernetes.client.api_client import ApiClient
from kubernetes.client.exceptions import ApiException
from kubernetes.config import ConfigException

from bot.cluster.answers import final
from bot.cluster.connection import Connection
from bot.cluster.response import Response
from bot.objects.ownership import MANAGER
from bot.ports.clusters import ClusterUnreachable

Query = Sequence[tuple[str, str]]

_APPLY = "application/apply-patch+yaml"
_WEBHOOK = re.compile(r'failed calling webhook "([^"]{1,253})"')
_UNCOUNTED = re.compile(r"status unknown for quota: ([^\s,]{1,253})")
"""A quota that is younger than its first count refuses everything that it counts."""
_AWAY = (429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. `connect` and `read` bound one attempt, `total` bounds all; `pause` is doubled after each attempt."""

    connect: float = 5.0
    read: float = 35.0
    total: float = 60.0
    pause: float = 0.2
    retries: int = 2


@dataclass(frozen=True, slots=True)
class Request:
    """One request. GET and PATCH are made here, DELETE in bot/cluster/delete.py; repeating each is safe."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Unhelpful:
    """Why an attempt brought nothing, in words that follow the cluster's name, and seconds to wait before the next.

    `again` is false when another attempt would bring the same.
    """

    why: str
    wait: float = 0.0
    again: bool = True


class Gateway:
    """One API server as one identity; an empty identity is the bot's own account. Safe across threads."""

    def __init__(self, connection: Connection, identity: str = "", patience: Patience | None = None) -> None:
        self.connection = connection
        self.identity = identity
        self._patience = patience or Patience()

    def get(self, path: str, query: Query = (), accept: str = "application/json", etag: str = "") -> Response:
        """GET. Answers of 4xx come back as they are, 304 too when an ETag was given. Raises ClusterUnreachable."""
        headers = {"Accept": accept} | ({"If-None-Match": etag} if etag else {})
        return self.send(Request("GET", _url(path, query), headers))

    def apply(self, path: str, body: bytes, *, force: bool, dry: bool) -> Response:
        """Server-side apply (KEP-555) of an encoded object. Raises ClusterUnreachable."""
        query = [("fieldManager", MANAGER), ("force", str(force).lower()), ("fieldValidation", "Strict")]
        if dry:
            query.append(("dryRun", "All"))
        headers = {"Accept": "application/json", "Content-Type": _APPLY}
        return self.send(Request("PATCH", _url(path, query), headers, body))

    def send(self, request: Request) -> Response:
        """The first answer of use. Raises ClusterUnreachable when there is none."""
        until = time.monotonic() + self._patience.total
        left, renewed = self._patience.retries, False
        while True:
            client = self.connection.client()
            outcome = self._attempt(client, request)
            if isinstance(outcome, Response):
                if not _unauthenticated(outcome):
                    return outcome
                if renewed:
                    raise self._unreachable("does not accept the bot's credentials")
                self.connection.renew(client)
                renewed = True
                continue
            pause = self._patience.pause * 2 ** (self._patience.retries - left) * random.uniform(0.7, 1.3)  # noqa: S311
            wait = max(outcome.wait, pause)
            if not outcome.again or left <= 0 or time.monotonic() + wait > until:
                raise self._unreachable(outcome.why, outcome.wait)
            left -= 1
            time.sleep(wait)

    def _attempt(self, client: ApiClient, request: Request) -> Response | Unhelpful:
        try:
            headers = request.headers | self.connection.credentials(client)
            if self.identity:
                headers["Impersonate-User"] = self.identity
            with self.connection.slot():
                answer = client.rest_client.request(  # type: ignore[no-untyped-call]
                    request.method,
                    client.configuration.host.rstrip("/") + request.url,
                    headers=headers,
                    body=request.body,
                    _request_timeout=(self._patience.connect, self._patience.read),
                )
                body = answer.read()
        except (lost.HTTPError, ApiException, ConfigException, OSError) as error:
            return Unhelpful(_describe(error))
        response = Response(answer.status, body, {name.lower(): value for name, value in answer.headers.items()})
        return self._unhelpful(response) or response

    def _unhelpful(self, response: Response) -> Unhelpful | None:
        """None when the answer is of use."""
        status = response.status
        if _unauthenticated(response):
            return None  # Dealt with where the credentials can be renewed.
        if status == 403 and "cannot impersonate resource" in response.message:
            why = f"does not let the bot act as {self.identity}: apply the output of `plumbline manifests` there"
            return Unhelpful(why, again=False)
        quota = _UNCOUNTED.search(response.message) if status == 403 else None
        if quota:
            return Unhelpful(f"has not counted yet what the quota {quota[1]} limits")
        if 300 <= status < 400 and status != 304:
            return Unhelpful("answers with a redirect, as no API server does", again=False)
        if status not in _AWAY or (status == 500 and final(response)):
            return None
        if status == 429:
            return Unhelpful("asks the bot to slow down", _retry_after(response))
        webhook = _WEBHOOK.search(response.message)
        if webhook:
            return Unhelpful(f"cannot ask its admission webhook {webhook[1]}")
        return Unhelpful(f"answers with HTTP {status}", _retry_after(response))

    def _unreachable(self, why: str, after: float = 0.0) -> ClusterUnreachable:
        return ClusterUnreachable(f"cluster {self.connection.name} {why}", after)


def _unauthenticated(response: Response) -> bool:
    """Also when a plugin gave no token: the package then asks as nobody, which RBAC and not authentication refuses."""
    return response.status == 401 or (response.status == 403 and 'User "system:anonymous"' in response.message)


def _url(path: str, query: Query) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _retry_after(response: Response) -> float:
    """RFC 9110 §10.2.3; API servers write seconds, never a date."""
    value = response.headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else 0.0


def _describe(error: Exception) -> str:
    """What went wrong on the way, without the address that urllib3 puts into its texts."""
    said = {
        lost.SSLError: "has a certificate that its kubeconfig does not trust",
        # Before ConnectTimeoutError, of which urllib3 makes it a kind.
        lost.NewConnectionError: "refuses connections or cannot be found",
        lost.ConnectTimeoutError: "cannot be connected to in time",
        lost.ReadTimeoutError: "does not answer in time",
        lost.ProxyError: "cannot be reached through its proxy",
        lost.ProtocolError: "broke off the connection",
    }
    for kind, words in said.items():
        if isinstance(error, kind):
            return words
    if isinstance(error, ApiException) and error.status == 0:
        return said[lost.SSLError]
    return f"cannot be reached ({type(error).__name__})"
