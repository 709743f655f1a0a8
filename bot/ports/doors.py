"""A door: what a forge's webhook must look like, decided from bytes alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.domain.events import Event


@dataclass(frozen=True, slots=True)
class ParsedDelivery:
    """One delivery: the forge's id of it, the same when it is sent again, and what happened, if it means anything."""

    id: str
    event: Event | None


class ForgeDoor(Protocol):
    """One forge's way to sign and to write. Pure: no clock, no network, no ledger. Header names are in lower case."""

    def verify(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the forge signed these bytes. False for every doubt."""
        ...

    def parse(self, headers: Mapping[str, str], body: bytes) -> ParsedDelivery:
        """What a verified delivery says. Raises ValueError when a header or field is missing or of the wrong kind."""
        ...
