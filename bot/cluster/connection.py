"""The bot's own account on one API server: credentials, trust and pooled connections, shared by every identity."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import urllib3.exceptions
import yaml
from kubernetes.client.api_client import ApiClient
from kubernetes.client.configuration import Configuration
from kubernetes.config import ConfigException, load_incluster_config, load_kube_config

from bot.domain.grants import Cluster
from bot.ports.clusters import ClusterUnreachable

KEPT = 1.0
"""Seconds that credentials are used before the package is asked whether they have expired."""

AT_ONCE = 16
"""Requests in flight on one API server; more only fight over the interpreter's lock (measured)."""


_UNUSABLE = (
    *(ConfigException, yaml.YAMLError, urllib3.exceptions.HTTPError, OSError, ValueError),
    *(KeyError, TypeError, AttributeError),
)
"""What the loader lets through: it reads YAML, files and base64, and takes for granted that each part has its type."""


class Connection:
    """Makes API clients on first use and again when the server no longer takes the credentials. Safe across threads."""

    def __init__(self, name: str, opening: Callable[[], ApiClient]) -> None:
        self.name = name
        self._opening = opening
        self._lock = threading.Lock()
        self._client: ApiClient | None = None
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._credentials: dict[str, str] = {}
        self._credentials_of: ApiClient | None = None
        self._credentials_at = 0.0

    def client(self) -> ApiClient:
        """The client in use. Raises ClusterUnreachable when the credentials cannot be read."""
        with self._lock:
            if self._client is None:
                self._client = self._open()
            return self._client

    def credentials(self, client: ApiClient) -> dict[str, str]:
        """The headers that carry a client's credentials, asked of the package once a second: it sets up everything
        anew each time, which costs as much as all else about a request. May raise what the package raises."""
        with self._lock:
            if self._credentials_of is not client or time.monotonic() - self._credentials_at >= KEPT:
                headers: dict[str, str] = {}
                client.update_params_for_auth(headers, [], ["BearerToken"], "", "GET", None)
                self._credentials, self._credentials_of = headers, client
                self._credentials_at = time.monotonic()
            return self._credentials

    def renew(self, refused: ApiClient) -> None:
        """Read the credentials again, once however many threads were refused with the same ones."""
        with self._lock:
            if self._client is refused:
                self._client = None

    def slot(self) -> AbstractContextManager[object]:
        """Room for one request."""
        return self._slots

    def _open(self) -> ApiClient:
        try:
            return self._opening()
        except _UNUSABLE as error:
            kind = type(error).__name__
            raise ClusterUnreachable(f"the credentials for cluster {self.name} cannot be used ({kind})") from error


def connect(cluster: Cluster) -> Connection:
    """A connection as the operator's file describes it: in the cluster we run in, or by kubeconfig and context."""
    if cluster.in_cluster:
        return Connection(cluster.name, _in_cluster)
    return Connection(cluster.name, lambda: _from_kubeconfig(cluster.kubeconfig, cluster.context))


def _in_cluster() -> ApiClient:
    settings = _settings()
    load_incluster_config(client_configuration=settings)  # type: ignore[no-untyped-call]
    return ApiClient(settings)


def _from_kubeconfig(path: str, context: str) -> ApiClient:
    settings = _settings()
    # The operator's file is theirs: a refreshed token is kept in memory and never written back.
    load_kube_config(path, context or None, settings, persist_config=False)  # type: ignore[no-untyped-call]
    return ApiClient(settings)


def _settings() -> Configuration:
    """Retries are ours, and off below us: urllib3 would also follow redirects, with the token."""
    settings = Configuration()
    settings.connection_pool_maxsize = AT_ONCE
    settings.keep_alive = True
    settings.retries = False
    return settings
