"""Who we are towards GitHub: the App's id, its private key, and where GitHub lives."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt

GITHUB = "https://github.com"
JWT_BEFORE = 60.0
JWT_AFTER = 540.0


@dataclass(frozen=True, slots=True)
class App:
    """A GitHub App. `private_key` is its PEM text; `url` is GitHub itself or a GitHub Enterprise Server."""

    id: int
    private_key: str = field(repr=False)
    url: str = GITHUB

    def __post_init__(self) -> None:
        """Raises ValueError at once when the private key is none, and says nothing of what it holds."""
        try:
            self.token(0.0)
        except (jwt.PyJWTError, ValueError):
            raise ValueError("the App's private key is not the PEM text of an RSA private key") from None

    @property
    def web(self) -> str:
        """Where people read: no slash at the end."""
        return self.url.rstrip("/")

    @property
    def api(self) -> str:
        """The REST API's base address. An Enterprise Server has it below `/api/v3`."""
        return "https://api.github.com" if self.web == GITHUB else f"{self.web}/api/v3"

    def token(self, now: float) -> str:
        """A JSON Web Token that proves who we are, good for nine minutes from `now` (seconds since the epoch).

        GitHub allows ten, and advises a minute of slack for clocks that go ahead of its own.
        """
        claims = {"iat": int(now - JWT_BEFORE), "exp": int(now + JWT_AFTER), "iss": str(self.id)}
        return jwt.encode(claims, _key(self.private_key), algorithm="RS256")


@cache
def _key(pem: str) -> Any:
    """The key itself. Reading it checks its primes, which takes longer than everything else about a token."""
    return jwt.get_algorithm_by_name("RS256").prepare_key(pem)
