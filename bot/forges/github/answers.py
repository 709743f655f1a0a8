"""What GitHub's refusals mean for us: wait, missing, or a definite no."""

from collections.abc import Mapping

from bot.domain.errors import TryLater
from bot.ports.forge import ForgeRefused

AWAY = 10.0
UNNAMED_LIMIT = 60.0
LONGEST = 3600.0
MESSAGE_CHARACTERS = 300


class Missing(Exception):
    """What was asked for is gone, or was never visible to this installation: 404, 410, or 422 for a commit."""


def explain(status: int, headers: Mapping[str, str], message: str, now: float) -> Exception:
    """The exception that a failed answer stands for: TryLater, Missing or ForgeRefused.

    headers have lower-case names; now is in seconds since the epoch. Limits come as 403 or 429, with `Retry-After`,
    with an exhausted `X-RateLimit-Remaining`, or with nothing but words; then GitHub asks for at least a minute.
    Source: GitHub docs, "Best practices for using the REST API".
    """
    after = _limited(status, headers, message, now)
    if after is not None:
        return TryLater("GitHub asks us to slow down", min(max(after, 1.0), LONGEST))
    if status in (404, 410) or (status == 422 and message.startswith("No commit found")):
        return Missing()
    if status >= 500:
        return TryLater(f"GitHub answered {status}", _seconds(headers.get("retry-after")) or AWAY)
    return ForgeRefused(status, message[:MESSAGE_CHARACTERS])


def _limited(status: int, headers: Mapping[str, str], message: str, now: float) -> float | None:
    if status not in (403, 429):
        return None
    named = _seconds(headers.get("retry-after"))
    if named is not None:
        return named
    if headers.get("x-ratelimit-remaining") == "0":
        reset = _seconds(headers.get("x-ratelimit-reset"))
        return reset - now + 1 if reset is not None else UNNAMED_LIMIT
    words = message.lower()
    if status == 429 or "rate limit" in words or "abuse detection" in words:
        return UNNAMED_LIMIT
    return None


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isdecimal() else None
