"""The forge's own log of webhook deliveries, for asking again for those that never arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class FailedDelivery:
    """A delivery none of whose attempts was answered well.

    `attempt` is the id of its newest attempt, `delivery` the forge's id of the delivery itself, which repeats keep,
    `answered` the HTTP status that attempt got, 0 for none.
    """

    attempt: int
    delivery: str
    answered: int = 0


class DeliveryLog(Protocol):
    """Deliveries of one forge. Calls raise TryLater when the forge is away or asks us to slow down."""

    def failed(self, since: float) -> Sequence[FailedDelivery]:
        """Deliveries that never succeeded and were first tried after that moment (seconds since the epoch), oldest
        attempt first."""
        ...

    def ask_again(self, attempt: int) -> None:
        """Have the forge send a delivery once more, under its old id. One the forge has forgotten is fine."""
        ...
