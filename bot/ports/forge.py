"""A forge as one job sees it: one repository, one narrowed credential, closed at the end of the job."""

from contextlib import AbstractContextManager
from typing import Protocol

from bot.domain.pulls import Repository
from bot.ports.checks import Checks
from bot.ports.comments import Comments
from bot.ports.forge_deployments import ForgeDeployments
from bot.ports.issues import Issues
from bot.ports.permissions import Permissions
from bot.ports.proposals import Proposals
from bot.ports.pulls import Pulls
from bot.ports.reactions import Reactions
from bot.ports.reviews import Reviews


class ForgeRefused(Exception):
    """The forge said a definite no that nobody expected: a right the app was not given, or a mistake of ours.

    `status` is the HTTP status. The message holds the forge's own words and no credential.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


class Forge(Protocol):
    """Every port of one repository on its forge. Calls raise TryLater when the forge is away or asks us to slow down,
    and ForgeRefused for a definite no."""

    @property
    def repository(self) -> Repository: ...
    @property
    def pulls(self) -> Pulls: ...
    @property
    def comments(self) -> Comments: ...
    @property
    def checks(self) -> Checks: ...
    @property
    def deployments(self) -> ForgeDeployments: ...
    @property
    def reactions(self) -> Reactions: ...
    @property
    def permissions(self) -> Permissions: ...
    @property
    def reviews(self) -> Reviews: ...
    @property
    def proposals(self) -> Proposals: ...
    @property
    def issues(self) -> Issues: ...


class Forges(Protocol):
    """Opens forges."""

    def open(self, repository: Repository, *needs: str) -> AbstractContextManager[Forge]:
        """A forge client for one job, with no more than the permissions named (`checks:write`, `contents:read`, …)."""
        ...
