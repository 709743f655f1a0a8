"""What is answered to commands, kept in the transaction that carries them out: another run only says it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Answer:
    """What is replied to a command, as Markdown that may be shown, empty when the emoji says enough; and whether it was
    refused."""

    text: str
    refused: bool = False


class Answers(Protocol):
    """Answers by pull and command."""

    def get(self, subject: str, command: str) -> Answer | None: ...

    def keep(self, subject: str, command: str, answer: Answer) -> bool:
        """Keep an answer. False, and nothing changes, when there is one."""
        ...
