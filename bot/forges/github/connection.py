"""One job's line to GitHub: a PyGithub client of its own, its token, and what failures mean.

PyGithub's objects share one connection and are not safe to use from two threads (`Requester` keeps the request on
itself between two calls), so a client is made per job and closed with it.
"""

import time
from collections.abc import Callable
from typing import TypeVar

import requests
from github import Auth, Github, GithubException
from github.Repository import Repository as Remote
from urllib3.util import Retry

from bot.domain.errors import TryLater
from bot.domain.pulls import Repository
from bot.forges.github.answers import AWAY, explain
from bot.forges.github.app import App
from bot.forges.github.auth import Tokens
from bot.forges.github.pace import Pace

T = TypeVar("T")
TIMEOUT = 10
PAGE = 100
USER_AGENT = "plumbline"


def _retry() -> Retry:
    """What is repeated inside one call: a hiccup of something that is safe to repeat. Never POST or PATCH.

    Limits are not waited for here (a thread would sleep for up to an hour): they become TryLater. That is why this is
    urllib3's own class and not PyGithub's, which sleeps on 403.
    """
    return Retry(
        total=2,
        status_forcelist=(500, 502, 503, 504),
        allowed_methods=("GET", "HEAD", "PUT", "DELETE"),
        backoff_factor=0.2,
        respect_retry_after_header=False,
        raise_on_status=False,
    )


class Connection:
    """Asks and writes on behalf of one job, in one thread. Every method may raise TryLater, Missing or ForgeRefused."""

    def __init__(self, app: App, tokens: Tokens, pace: Pace, repository: Repository, needs: dict[str, str]) -> None:
        self.app, self.repository = app, repository
        self._tokens, self._pace, self._needs = tokens, pace, needs
        self._token = ""
        self._github: Github | None = None

    def ask(self, act: Callable[[Remote], T]) -> T:
        """What `act` reads from the repository."""
        self._pace.ready()
        return self._twice(act)

    def write(self, act: Callable[[Remote], T]) -> T:
        """What `act` changes in the repository: one request, paced. Sent twice only if the first was not let in."""
        self._pace.take()
        return self._twice(act)

    def close(self) -> None:
        """Let go of the connection."""
        if self._github is not None:
            left = self._github.requester.rate_limiting[0]
            if left >= 0:
                self._pace.requests_left = left
            self._github.close()
            self._github = None

    def _twice(self, act: Callable[[Remote], T]) -> T:
        """A token may have been revoked or have ended early: it is dropped, and another tried once."""
        try:
            return act(self._remote())
        except GithubException as refused:
            if refused.status != 401:
                raise self._explained(refused) from refused
        except requests.RequestException as away:
            raise _away(away) from away
        self._tokens.drop(self._token)
        self.close()
        try:
            return act(self._remote())
        except GithubException as refused:
            raise self._explained(refused) from refused
        except requests.RequestException as away:
            raise _away(away) from away

    def _remote(self) -> Remote:
        if self._github is None:
            self._token = self._tokens.get(self.repository, self._needs)
            self._github = Github(
                auth=Auth.Token(self._token),
                base_url=self.app.api,
                timeout=TIMEOUT,
                per_page=PAGE,
                user_agent=USER_AGENT,
                retry=_retry(),
                seconds_between_requests=None,
                seconds_between_writes=None,
                lazy=True,
            )
        return self._github.get_repo(self.repository.path)

    def _explained(self, refused: GithubException) -> Exception:
        headers = {name.lower(): str(value) for name, value in (refused.headers or {}).items()}
        said = refused.data.get("message") if isinstance(refused.data, dict) else None
        explained = explain(refused.status, headers, str(said or ""), time.time())
        if isinstance(explained, TryLater) and refused.status in (403, 429):
            self._pace.pause(explained.after)
        return explained


def _away(away: requests.RequestException) -> TryLater:
    return TryLater(f"GitHub does not answer: {type(away).__name__}", AWAY)
