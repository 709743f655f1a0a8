"""The badge: what runs in one environment of a repository, as a small picture for a README.

Who has no right to know, or asks about what is not there, gets one grey picture after the same steps, so that nothing
can be learned from it. The right is the key in the address, derived from the fingerprint key for one repository (by
the forge's number, which survives a new name) and one environment.
"""

import asyncio
import hashlib
import hmac
from dataclasses import dataclass
from html import escape
from typing import Final

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.errors import TryLater
from bot.ports.ledger import Ledger, Transaction

SECONDS: Final = 5.0
FRESH_SECONDS: Final = 60
"""How long a picture may be shown without asking again."""
AT_ONCE: Final = 2
"""Look-ups at one time: anybody may ask, and webhooks come first."""

_GREY, _GREEN, _RED, _BLUE = "#6e7781", "#1a7f37", "#cf222e", "#0969da"
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Badge:
    """What a picture says: two texts, and the colour behind the second."""

    name: str
    words: str
    colour: str


UNKNOWN: Final = Badge("plumbline", "unknown", _GREY)


class Badges:
    """The endpoint. `key` is the fingerprint key."""

    def __init__(self, ledger: Ledger, key: bytes) -> None:
        self._ledger = ledger
        self._key = key
        self._few = CapacityLimiter(AT_ONCE)

    async def picture(self, request: Request) -> Response:
        """GET /badge/{forge}/{path}/{environment}.svg?key=…: a picture, 304 when it is known, 503 without a ledger."""
        forge, path, environment = (request.path_params[name] for name in ("forge", "path", "environment"))
        given = request.query_params.get("key", "")
        try:
            async with asyncio.timeout(SECONDS):
                badge = await to_thread.run_sync(
                    self._badge, f"{forge}:{path}", environment, given, limiter=self._few, abandon_on_cancel=True
                )
        except (TryLater, TimeoutError):
            return PlainTextResponse("the ledger does not answer\n", 503, {"Retry-After": "10"})
        return _answer(drawn(badge), request.headers.get("if-none-match", ""))

    def _badge(self, address: str, environment: str, given: str) -> Badge:
        with self._ledger.begin() as tx:
            found = [known.repository.key for known in tx.repositories.all() if known.repository.address == address]
            repository = found[0] if found else ""
            known = hmac.compare_digest(badge_key(self._key, repository, environment), given.encode())
            if not (known and found):
                return UNKNOWN
            return _state(environment, _rows(tx, repository, environment))


def badge_key(key: bytes, repository: str, environment: str) -> bytes:
    """The key in a badge's address: 32 hex digits for a repository (`github:12`) and an environment."""
    subject = f"badge\0{repository}\0{environment}".encode(errors="surrogatepass")
    return hmac.digest(key, subject, "sha256").hex()[:32].encode()


def _rows(tx: Transaction, repository: str, environment: str) -> list[list[Deployment]]:
    """The deployments of each target of the environment, oldest first."""
    targets = [each for each in tx.deployments.targets(repository) if each.environment == environment]
    return [list(tx.deployments.of_target(repository, target)) for target in targets]


def _state(environment: str, targets: list[list[Deployment]]) -> Badge:
    """The worst that is true of the targets: failed, on the way, or healthy; with the commit that went live last."""
    newest = [rows[-1] for rows in targets if rows]
    live = [row for rows in targets for row in rows if row.state is DeploymentState.HEALTHY]
    commit = max(live, key=lambda row: row.changed).commit[:7] if live else ""
    if any(row.state is DeploymentState.FAILED for row in newest):
        words, colour = "failed", _RED
    elif any(not row.state.ended and row.state is not DeploymentState.WAITING for row in newest):
        words, colour = "deploying", _BLUE
    elif live:
        words, colour = "healthy", _GREEN
    else:
        words, colour = "not deployed", _GREY
    return Badge(environment, f"{commit} {words}".strip(), colour)


def _answer(body: bytes, known: str) -> Response:
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": f"max-age={FRESH_SECONDS}, must-revalidate",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        "X-Content-Type-Options": "nosniff",
    }
    if tag in (each.strip().removeprefix("W/") for each in known.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="image/svg+xml")


def drawn(badge: Badge) -> bytes:
    """A badge as SVG. Its texts may hold anything."""
    name, words = (_shown(text) for text in (badge.name, badge.words))
    left, right = (len(text) * 7 + 14 for text in (name, words))
    texts = ((name, left / 2), (words, left + right / 2))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img"'
        f' aria-label="{escape(name)}: {escape(words)}">',
        f"<title>{escape(name)}: {escape(words)}</title>",
        f'<rect width="{left + right}" height="20" rx="4" fill="#24292f"/>',
        f'<path d="M{left} 0h{right - 4}a4 4 0 0 1 4 4v12a4 4 0 0 1-4 4h-{right - 4}z" fill="{badge.colour}"/>',
        '<g fill="#fff" text-anchor="middle" font-family="DejaVu Sans,Verdana,sans-serif" font-size="11">',
        *(f'<text x="{at:g}" y="14">{escape(text)}</text>' for text, at in texts),
        "</g></svg>",
    ]
    return "\n".join(lines).encode()


def _shown(text: str) -> str:
    """What XML may hold of a text (XML 1.0, section 2.2), not too long."""
    kept = "".join(each for each in text if each.isprintable())
    return kept if len(kept) <= _LONGEST else f"{kept[: _LONGEST - 1]}…"
