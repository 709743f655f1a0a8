"""An API server's answer as bytes, and what both the gateway and the classification read from it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.objects.identity import Object

_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. Header names are lower case; a header that came several times is joined with commas."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the request did what it asked for."""
        return 200 <= self.status < 300

    def json(self) -> Object:
        """The body as a JSON object. Raises ValueError when it is anything else."""
        try:
            value: Any = json.loads(self.body)
        except RecursionError:
            raise ValueError("the answer is nested too deeply") from None
        if not isinstance(value, dict):
            raise ValueError("the answer is no JSON object")
        return value

    def failure(self) -> Object:
        """The `Status` object of a refusal; empty when the server said it in plain text, as for an unknown group."""
        try:
            return self.json()
        except ValueError:
            return {}

    @property
    def message(self) -> str:
        """The server's words for a refusal: raw, so they may quote values. Never empty."""
        said = self.failure().get("message")
        return str(said) if said else self.body.decode(errors="replace").strip() or f"HTTP {self.status}"

    @property
    def warnings(self) -> tuple[str, ...]:
        """The texts of `Warning: 299` headers (RFC 7234 §5.5), each once, in order."""
        found = _WARNING.findall(self.headers.get("warning", ""))
        return tuple(dict.fromkeys(_ESCAPE.sub(r"\1", text) for text in found))
