"""Objects with fields put in, or left out, at given paths."""

from collections.abc import Sequence
from typing import Any

from bot.objects.identity import Object
from bot.objects.paths import ABSENT, Index, Item, Member, Path, keyed, value_at


def replaced(parent: Any, path: Path, value: Any) -> Any:
    """The same data with another value at a path that exists in it; ABSENT takes the field out."""
    step, rest = path[0], path[1:]
    if isinstance(step, str):
        below = replaced(parent[step], rest, value) if rest else value
        kept = parent.items() if below is not ABSENT else ((k, v) for k, v in parent.items() if k != step)
        return {name: below if name == step else entry for name, entry in kept}
    items = []
    for position, item in enumerate(parent):
        if not _selects(step, position, item):
            items.append(item)
        elif rest or value is not ABSENT:
            items.append(replaced(item, rest, value) if rest else value)
    return items


def without_fields(body: Object, paths: Sequence[Path]) -> Object:
    """The object without these fields, of which it may lack some. Later positions of a list go before earlier ones."""
    for path in reversed(paths):
        if value_at(body, path) is not ABSENT:
            body = replaced(body, path, ABSENT)
    return body


def _selects(step: Item | Index | Member, position: int, item: Any) -> bool:
    if isinstance(step, Index):
        return step.position == position
    if isinstance(step, Member):
        return bool(step.value == item)
    return keyed(item, tuple(name for name, _ in step.keys)) == step
