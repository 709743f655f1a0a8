"""What a person may do, as the forge says now."""

from typing import Protocol

from bot.domain.pulls import Role


class Permissions(Protocol):
    """People of one repository."""

    def role(self, login: str) -> Role:
        """A person's role; NONE when they have none beyond what the public has. Never guesses: an error is TryLater."""
        ...

    def in_team(self, login: str, team: str) -> bool:
        """Whether a person is in a team written `org/slug`. False when that cannot be read."""
        ...
