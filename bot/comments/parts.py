"""Fits a long comment into what a forge takes: several numbered parts, never cut inside a fence, a fold or a table.

GitHub takes 65,536 code points by its own words and 262,144 bytes as measured; both budgets stay below.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

CODE_POINTS = 60_000
BYTES = 240_000
MOST = 5
_ROOM = 400
"""Code points kept free in each part for its marker, its number and the ends of folds."""


@dataclass(frozen=True, slots=True)
class Item:
    """One object's Markdown, and the one line it is cut to when everything together is too long."""

    full: str
    short: str


@dataclass(frozen=True, slots=True)
class Section:
    """A fold: HTML for its summary line, a sentence before its items, and the items. An item never exceeds a part."""

    summary: str
    items: tuple[Item, ...]
    intro: str = ""
    opened: bool = False


def fits(text: str) -> bool:
    """Whether a text fits into one comment, with room for marker and number."""
    return len(text) <= CODE_POINTS - _ROOM and len(text.encode(errors="replace")) <= BYTES - 4 * _ROOM


def pack(head: str, sections: Sequence[Section], foot: str, most: int = MOST) -> list[str]:
    """The parts of a comment, at most `most`: head in the first, foot in the last, sections in order between them.

    As many items as possible are shown in full, from the front; the others with one line each, and what even then has
    no place is counted.
    """
    total = sum(len(section.items) for section in sections)
    full = _largest(total, lambda count: len(_lay(head, sections, foot, count)) <= most)
    parts = _lay(head, sections, foot, full)
    if len(parts) > most:
        missing = len(parts) - most
        parts = [*parts[: most - 1], f"{parts[most - 1]}\n\n_…and {missing} more parts of this comment, left out._"]
    if len(parts) == 1:
        return parts
    items = [item for section in sections for item in section.items]
    cut = sum(1 for item in items[full:] if item.full != f"- {item.short}")
    rest = f"; the last {cut} objects are on one line each" if cut else ""
    numbered = [f"_Part {at} of {len(parts)}_\n\n{part}" for at, part in enumerate(parts[1:], 2)]
    return [f"{parts[0]}\n\n_Part 1 of {len(parts)}{rest}_", *numbered]


def _largest(most: int, good: Callable[[int], bool]) -> int:
    """The largest count up to `most` that is good, given that smaller ones are good too; 0 if none is."""
    if good(most):
        return most
    low, high = 0, most - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if good(middle) else (low, middle - 1)
    return max(low, 0)


def _lay(head: str, sections: Sequence[Section], foot: str, full: int) -> list[str]:
    layout = _Layout(head)
    shown = 0
    for section in sections:
        layout.begin(section)
        for item in section.items:
            layout.add(item.full if shown < full else f"- {item.short}")
            shown += 1
        layout.end()
    return layout.finish(foot)


class _Layout:
    """Fills parts one after the other; an open fold is closed at the end of a part and opened again in the next."""

    def __init__(self, head: str) -> None:
        self._parts: list[str] = []
        self._text = head
        self._fold: tuple[str, str] | None = None

    def begin(self, section: Section) -> None:
        """Open a fold, with its first sentence."""
        start = "<details open>" if section.opened else "<details>"
        intro = f"\n\n{section.intro}" if section.intro else ""
        opening = f"{start}<summary>{section.summary}</summary>{intro}"
        self._fold = None
        self._put(opening)
        self._fold = (f"<details><summary>{section.summary} (continued)</summary>", "\n\n</details>")

    def add(self, piece: str) -> None:
        """One item into the open fold."""
        self._put(piece)

    def end(self) -> None:
        """Close the fold."""
        self._text += "\n\n</details>"
        self._fold = None

    def finish(self, foot: str) -> list[str]:
        """Every part, the last one with the foot."""
        self._put(foot)
        return [*self._parts, self._text]

    def _put(self, piece: str) -> None:
        closing = self._fold[1] if self._fold else ""
        gap = "\n" if piece.startswith("- ") and self._text.rsplit("\n", 1)[-1].startswith("- ") else "\n\n"
        longer = f"{self._text}{gap}{piece}" if self._text else piece
        if fits(longer + closing) or not self._text:
            self._text = longer
            return
        self._parts.append(self._text + closing)
        self._text = f"{self._fold[0]}\n\n{piece}" if self._fold else piece
