"""Forge deployments: GitHub's record of what was deployed to which environment."""

from github.Deployment import Deployment
from github.Repository import Repository as Remote

from bot.forges.github.answers import Missing
from bot.forges.github.connection import Connection
from bot.ports.forge_deployments import ForgeDeploymentState

NEEDS = ("deployments:write",)
TASK = "plumbline"
DESCRIPTION_CHARACTERS = 140


class GitHubDeployments:
    """Port `ForgeDeployments`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, commit: str, environment: str) -> int | None:
        """The newest of ours for that commit and environment."""

        def read(remote: Remote) -> list[int]:
            found = remote.get_deployments(sha=commit, task=TASK, environment=environment)
            return [each.id for each in found if each.creator and each.creator.type == "Bot"]

        return max(self._connection.ask(read), default=None)

    def create(self, commit: str, environment: str) -> int:
        """Make one; its id.

        `auto_merge` and `required_contexts` are switched off: by default GitHub would merge the base branch into the
        commit, or refuse while any check is red. Nothing is called a production environment, because GitHub then no
        longer sets the one before it to inactive by itself.
        """
        made = self._connection.write(
            lambda remote: remote.create_deployment(
                commit,
                task=TASK,
                auto_merge=False,
                required_contexts=[],
                environment=environment,
                production_environment=False,
                transient_environment=False,
            )
        )
        return made.id

    def say(self, id: int, state: ForgeDeploymentState, description: str, url: str = "") -> bool:
        """Add a status; False when the deployment is gone."""
        cut = (
            description
            if len(description) <= DESCRIPTION_CHARACTERS
            else description[: DESCRIPTION_CHARACTERS - 1] + "…"
        )
        address = {"environment_url": url} if url else {}

        def add(remote: Remote) -> None:
            made = Deployment(remote.requester, url=f"{remote.url}/deployments/{id}")
            made.create_status(state.value, description=cut, auto_inactive=True, **address)

        try:
            self._connection.write(add)
        except Missing:
            return False
        return True
