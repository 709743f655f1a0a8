"""Forge deployments: what the forge shows as "deployed to"."""

from enum import StrEnum
from typing import Protocol


class ForgeDeploymentState(StrEnum):
    """Where a forge deployment stands."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    SUCCESS = "success"
    FAILURE = "failure"
    INACTIVE = "inactive"


class ForgeDeployments(Protocol):
    """Forge deployments of one repository, all with `task: plumbline`."""

    def find(self, commit: str, environment: str) -> int | None:
        """Ours for that commit and environment."""
        ...

    def create(self, commit: str, environment: str) -> int:
        """Make one; its id."""
        ...

    def say(self, id: int, state: ForgeDeploymentState, description: str, url: str = "") -> bool:
        """Add a status; False when the deployment is gone. The description is cut to what the forge takes."""
        ...
