"""Logs on stderr, as text or as JSON lines, with whatever looks like a secret masked on the way out.

The last line of defence, not the first: nobody should hand a secret to a logger. What libraries log goes the same way.
"""

import logging
import re
import sys
from collections.abc import Iterable
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

MASK = "[masked]"
SHORTEST_SECRET = 6
"""Shorter ones are not looked for: masking every `a` would hide everything and protect nothing."""

_SECRET_NAMES = re.compile(r"authorization|cookie|passw|secret|token|private.?key|credential", re.IGNORECASE)
_SECRETS = re.compile(
    r"""
      -----BEGIN[ ][A-Z0-9 ]*PRIVATE[ ]KEY-----.*?(?:-----END[ ][A-Z0-9 ]*PRIVATE[ ]KEY-----|\Z)
    | \b(?:gh[a-z]_|github_pat_|gl[a-z]{1,8}-)[A-Za-z0-9_.=-]+     # tokens of forges, whatever their length
    | \beyJ[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)*                     # JSON web tokens, also half of one
    | (?<=://)[^/\s@'"]+(?=@)                                      # user and password in a URL
    | (?i:(?<=authorization:[ ])|(?<=authorization=))(?:[A-Za-z]+[ ])?[^\s'",]+    # the scheme and what follows it
    | (?i:(?<=bearer[ ]))[^\s'",]+ | (?i:(?<=basic[ ]))[A-Za-z0-9+/]{8,}=*
    """,
    re.VERBOSE | re.DOTALL,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_MANY_LINES = ("exception", "stack")
"""What we format ourselves. Anywhere else a line break could be somebody's, who wants to write a log line of ours."""

_QUIET = ("httpx", "httpcore", "urllib3", "alembic", "dbos", "kubernetes", "github")


def start_logging(form: str, secrets: Iterable[str] = (), stream: TextIO | None = None) -> None:
    """Set up logging for the process. form: json or text. secrets: values to mask wherever they turn up."""
    known = _known(secrets)

    def masking(_: Any, __: str, event: EventDict) -> EventDict:
        return {key: _masked(key, value, known) for key, value in event.items()}

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        masking,
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=last, foreign_pre_chain=shared))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """A text without these secrets, and without what looks like a token, an Authorization header or a private key."""
    return _mask(text, _known(secrets))


def _known(secrets: Iterable[str]) -> tuple[str, ...]:
    """Secrets as they may turn up: whole, and line by line, longest first so that none hides a part of another."""
    lines = {line.strip() for secret in secrets for line in (secret, *secret.splitlines())}
    return tuple(sorted((line for line in lines if len(line) >= SHORTEST_SECRET), key=len, reverse=True))


def _mask(text: str, known: tuple[str, ...]) -> str:
    for secret in known:
        text = text.replace(secret, MASK)
    return _SECRETS.sub(MASK, text)


def _masked(name: str, value: Any, known: tuple[str, ...]) -> Any:
    if value is not None and not isinstance(value, bool) and _SECRET_NAMES.search(name):
        return MASK
    if isinstance(value, dict):
        return {str(key): _masked(str(key), inner, known) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked("", inner, known) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    text = _mask(value if isinstance(value, str) else repr(value), known)
    return text if name in _MANY_LINES else _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)
