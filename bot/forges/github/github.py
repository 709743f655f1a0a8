"""Opens GitHub for one job at a time: the adapter behind the ports `Forges` and `DeliveryLog`."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from bot.domain.pulls import Repository
from bot.forges.github.app import App
from bot.forges.github.auth import Tokens, read_needs
from bot.forges.github.checks import GitHubChecks
from bot.forges.github.comments import GitHubComments
from bot.forges.github.connection import TIMEOUT, USER_AGENT, Connection
from bot.forges.github.deliveries import GitHubDeliveries
from bot.forges.github.forge_deployments import GitHubDeployments
from bot.forges.github.issues import GitHubIssues
from bot.forges.github.pace import Pace
from bot.forges.github.permissions import TEAM_NEEDS, GitHubPermissions
from bot.forges.github.proposals import GitHubProposals
from bot.forges.github.pulls import GitHubPulls
from bot.forges.github.reactions import GitHubReactions
from bot.forges.github.reviews import GitHubReviews
from bot.ports.forge import Forge

GIT_NEEDS = ("contents:read",)
PUSH_NEEDS = ("contents:write",)
"""Asked for when a branch of a rollback is pushed, and never otherwise."""


@dataclass(frozen=True, slots=True)
class GitHubForge:
    """Port `Forge`: one repository for one job."""

    repository: Repository
    pulls: GitHubPulls
    comments: GitHubComments
    checks: GitHubChecks
    deployments: GitHubDeployments
    reactions: GitHubReactions
    permissions: GitHubPermissions
    reviews: GitHubReviews
    proposals: GitHubProposals
    issues: GitHubIssues


class GitHub:
    """Port `Forges`. Made once, shared by every thread, closed at the end; what it opens belongs to one thread each."""

    def __init__(self, app: App, now: Callable[[], float] = time.time) -> None:
        """now is a clock in seconds since the epoch."""
        self._app, self._now = app, now
        self._http = httpx.Client(timeout=TIMEOUT, headers={"User-Agent": USER_AGENT}, trust_env=True)
        self._tokens = Tokens(app, self._http, now)
        self._lock = threading.Lock()
        self._paces: dict[int, Pace] = {}

    @contextmanager
    def open(self, repository: Repository, *needs: str) -> Iterator[Forge]:
        """A client for one job with no more than the permissions named. Nothing is asked before it is used."""
        connection = self._connect(repository, needs)
        try:
            yield GitHubForge(
                repository,
                GitHubPulls(connection),
                GitHubComments(connection),
                GitHubChecks(connection),
                GitHubDeployments(connection),
                GitHubReactions(connection),
                GitHubPermissions(connection, lambda: self._connect(repository, TEAM_NEEDS)),
                GitHubReviews(connection),
                GitHubProposals(connection),
                GitHubIssues(connection),
            )
        finally:
            connection.close()

    def git_remote(self, repository: Repository, needs: tuple[str, ...] = GIT_NEEDS) -> tuple[str, str]:
        """The address git clones a repository from, and a token to read it as user `x-access-token`.

        The token belongs into git's environment, never into the address. Raises TryLater and ForgeRefused.
        """
        token = self._tokens.get(repository, read_needs(needs))
        return f"{self._app.web}/{repository.path}.git", token

    def deliveries(self) -> GitHubDeliveries:
        """The log of our webhook deliveries."""
        return GitHubDeliveries(self._app, self._http, self._now)

    def requests_left(self) -> dict[str, int]:
        """How many requests each installation may still send in this hour, as far as this process was told."""
        with self._lock:
            paces = list(self._paces.items())
        return {str(installation): pace.requests_left for installation, pace in paces if pace.requests_left is not None}

    def close(self) -> None:
        """Let go of every connection."""
        self._http.close()

    def _connect(self, repository: Repository, needs: tuple[str, ...]) -> Connection:
        with self._lock:
            pace = self._paces.setdefault(repository.installation, Pace())
        return Connection(self._app, self._tokens, pace, repository, read_needs(needs))
