"""What a person may do in a repository, as GitHub says now. Whatever is unclear counts as nothing."""

from collections.abc import Callable
from urllib.parse import quote

from github.Repository import Repository as Remote

from bot.domain.pulls import Role
from bot.forges.github.answers import Missing
from bot.forges.github.connection import Connection
from bot.ports.forge import ForgeRefused

NEEDS = ("metadata:read",)
TEAM_NEEDS = ("members:read",)
FLAGS = (
    ("admin", Role.ADMIN),
    ("maintain", Role.MAINTAIN),
    ("push", Role.WRITE),
    ("triage", Role.TRIAGE),
    ("pull", Role.READ),
)


class GitHubPermissions:
    """Port `Permissions`. `teams` opens a second line with the right to read members, which not every App is given."""

    def __init__(self, connection: Connection, teams: Callable[[], Connection]) -> None:
        self._connection, self._teams = connection, teams

    def role(self, login: str) -> Role:
        """A person's role; NONE when they have none beyond what the public has.

        GitHub answers `read` for everybody about a public repository, so there `read` says nothing and counts as NONE.
        Custom roles have names of their own: the booleans beside them say what they amount to.
        Source: GitHub REST, "Get repository permissions for a user".
        """
        try:
            return self._connection.ask(lambda remote: _role(remote, login))
        except Missing:
            return Role.NONE

    def in_team(self, login: str, team: str) -> bool:
        """Whether a person is an active member of a team written `org/slug`. False when that cannot be read."""
        organization, _, slug = team.partition("/")
        if not organization or not slug:
            return False
        address = (
            f"/orgs/{quote(organization, safe='')}/teams/{quote(slug, safe='')}/memberships/{quote(login, safe='')}"
        )

        def read(remote: Remote) -> bool:
            _, body = remote.requester.requestJsonAndCheck("GET", address)
            return isinstance(body, dict) and body.get("state") == "active"

        line = self._teams()
        try:
            return line.ask(read)
        except (Missing, ForgeRefused):
            return False
        finally:
            line.close()


def _role(remote: Remote, login: str) -> Role:
    address = f"{remote.url}/collaborators/{quote(login, safe='')}/permission"
    _, body = remote.requester.requestJsonAndCheck("GET", address)
    role = strongest(body)
    if role is Role.READ and remote.private is not True:
        return Role.NONE
    return role


def strongest(body: object) -> Role:
    """The role that both the flags and the coarse word allow; without flags, the coarse word's."""
    if not isinstance(body, dict):
        return Role.NONE
    coarse = {"admin": Role.ADMIN, "write": Role.MAINTAIN, "read": Role.TRIAGE}.get(
        str(body.get("permission")), Role.NONE
    )
    user = body.get("user")
    flags = user.get("permissions") if isinstance(user, dict) else None
    if not isinstance(flags, dict):
        plain = {"admin": Role.ADMIN, "write": Role.WRITE, "read": Role.READ}
        return plain.get(str(body.get("permission")), Role.NONE)
    flagged = next((role for name, role in FLAGS if flags.get(name) is True), Role.NONE)
    return flagged if coarse.at_least(flagged) else coarse
