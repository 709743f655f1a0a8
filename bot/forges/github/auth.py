"""Installation tokens: for one repository and the permissions a job names, kept until shortly before their end."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from bot.domain.errors import TryLater
from bot.domain.pulls import Repository
from bot.forges.github.answers import AWAY, Missing, explain
from bot.forges.github.app import App
from bot.ports.forge import ForgeRefused

FRESH = 300.0
_Key = tuple[int, int, tuple[tuple[str, str], ...]]


def read_needs(needs: tuple[str, ...]) -> dict[str, str]:
    """`("checks:write", "contents:read")` as GitHub's permissions; of two levels the higher one counts.

    Raises ValueError for anything that is not `name:read` or `name:write`.
    """
    permissions: dict[str, str] = {}
    for need in needs:
        name, _, level = need.partition(":")
        if not name or level not in ("read", "write"):
            raise ValueError(f"{need!r} is no permission: write name:read or name:write")
        permissions[name] = max(permissions.get(name, "read"), level)
    return permissions


@dataclass(frozen=True, slots=True)
class _Minted:
    token: str = field(repr=False)
    expires: float


class Tokens:
    """Mints and keeps tokens. Safe to use from many threads: two that need the same token at once mint it once."""

    def __init__(self, app: App, http: httpx.Client, now: Callable[[], float]) -> None:
        self._app, self._http, self._now = app, http, now
        self._lock = threading.Lock()
        self._locks: dict[_Key, threading.Lock] = {}
        self._kept: dict[_Key, _Minted] = {}

    def get(self, repository: Repository, permissions: Mapping[str, str]) -> str:
        """A token for that repository alone, with those permissions, good for at least five minutes more.

        Tokens have no fixed length. Raises TryLater when GitHub is away, and ForgeRefused when the installation is
        gone or has fewer permissions than asked for.
        """
        key = (repository.installation, repository.id, tuple(sorted(permissions.items())))
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            kept = self._kept.get(key)
            if kept is None or kept.expires - self._now() < FRESH:
                kept = self._mint(repository, permissions)
                with self._lock:
                    self._kept[key] = kept
            return kept.token

    def drop(self, token: str) -> None:
        """Forget a token that GitHub no longer takes."""
        with self._lock:
            self._kept = {key: minted for key, minted in self._kept.items() if minted.token != token}

    def _mint(self, repository: Repository, permissions: Mapping[str, str]) -> _Minted:
        """Source: GitHub REST, "Create an installation access token for an app"."""
        address = f"{self._app.api}/app/installations/{repository.installation}/access_tokens"
        asked = {"repository_ids": [repository.id], "permissions": dict(permissions) or {"metadata": "read"}}
        try:
            answer = as_app(self._http, self._app, self._now(), ("POST", address), asked)
        except Missing as gone:
            raise ForgeRefused(404, "the app is not installed there any more") from gone
        body = answer.json()
        return _Minted(body["token"], datetime.fromisoformat(body["expires_at"]).timestamp())


def as_app(
    http: httpx.Client, app: App, now: float, what: tuple[str, str], body: Mapping[str, object] | None = None
) -> httpx.Response:
    """One request as the App itself. `what` is method and address. Raises what `explain` says for answers from 300."""
    headers = {"Authorization": f"Bearer {app.token(now)}", "Accept": "application/vnd.github+json"}
    try:
        answer = http.request(*what, json=body, headers=headers)
    except httpx.TransportError as away:
        raise TryLater(f"GitHub does not answer: {type(away).__name__}", AWAY) from away
    if answer.status_code >= 300:
        raise explain(answer.status_code, answer.headers, _message(answer), now)
    return answer


def _message(answer: httpx.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return answer.reason_phrase
    return str(body.get("message", "")) if isinstance(body, dict) else answer.reason_phrase
