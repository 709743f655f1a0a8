"""Dataclasses to JSON text and back, by their type hints. Rows written by an older version keep loading.

Fields without a value in the text take their default, fields that are no longer known are ignored. A union of
dataclasses carries the class's name under `is`. Text is ASCII JSON, so that no character (NUL, lone surrogates) can
trouble a database.
"""

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from bot.objects.redact import Redacted

T = TypeVar("T")
_Read = Callable[[Any], Any]


def dump(value: object, hint: Any = None) -> str:
    """JSON text of a value. `hint` is needed where the value alone does not say it: a union of dataclasses."""
    return json.dumps(_plain(value, hint or type(value)), separators=(",", ":"), sort_keys=True)


def load(hint: type[T], text: str) -> T:
    """The value of that type. Raises ValueError, KeyError or TypeError for text that `dump` did not write."""
    value: T = _reader(cast("Any", hint))(json.loads(text))
    return value


def load_any(hint: Any, text: str) -> Any:
    """As `load`, for hints that are no class, such as a union."""
    return _reader(hint)(json.loads(text))


@cache
def _hints(of: type) -> dict[str, Any]:
    hints = get_type_hints(of)
    return {field.name: hints[field.name] for field in fields(of)}


@cache
def _choices(hint: Any) -> dict[str, type] | None:
    """The dataclasses of a union by name; None when the union is something and nothing."""
    classes = [choice for choice in get_args(hint) if choice is not types.NoneType]
    return {choice.__name__: choice for choice in classes} if len(classes) > 1 else None


def _plain(value: Any, hint: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Redacted):
        return value.plain
    if is_dataclass(value) and not isinstance(value, type):
        body = {name: _plain(getattr(value, name), of) for name, of in _hints(type(value)).items()}
        named = _is_union(hint) and _choices(hint) is not None
        return {"is": type(value).__name__, **body} if named else body
    if isinstance(value, tuple | list):
        inner = get_args(hint)
        return [_plain(item, _inner(inner, index)) for index, item in enumerate(value)]
    if isinstance(value, Mapping):
        inner = get_args(hint)
        return {key: _plain(item, inner[1] if inner else None) for key, item in value.items()}
    return value


@cache
def _reader(hint: Any) -> _Read:
    """What makes the value of a type from plain JSON. Made once for each type: rows are read far more than written."""
    if _is_union(hint):
        return _union_reader(hint)
    origin = get_origin(hint)
    if origin is tuple:
        return _tuple_reader(get_args(hint))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        read = _reader(get_args(hint)[1])
        return lambda value: {key: read(item) for key, item in value.items()}
    if isinstance(hint, type) and is_dataclass(hint):
        readers = {name: _reader(of) for name, of in _hints(hint).items()}
        return lambda value: hint(**{name: read(value[name]) for name, read in readers.items() if name in value})
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if hint is Redacted:
        return Redacted.stored
    return _float if hint is float else _as_it_is


def _union_reader(hint: Any) -> _Read:
    choices = _choices(hint)
    if choices is None:
        read = _reader(next(choice for choice in get_args(hint) if choice is not types.NoneType))
        return lambda value: None if value is None else read(value)
    readers = {name: _reader(of) for name, of in choices.items()}
    return lambda value: None if value is None else readers[value["is"]](value)


def _tuple_reader(inner: tuple[Any, ...]) -> _Read:
    if inner and inner[-1] is not Ellipsis:
        readers = [_reader(of) for of in inner]
        return lambda value: tuple(read(item) for read, item in zip(readers, value, strict=True))
    read = _reader(inner[0] if inner else None)
    return lambda value: tuple(map(read, value))


def _float(value: Any) -> Any:
    return float(value) if isinstance(value, int) else value


def _as_it_is(value: Any) -> Any:
    return value


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, types.UnionType)


def _inner(inner: tuple[Any, ...], index: int) -> Any:
    """The hint of a tuple's item: `tuple[X, ...]` has one for all."""
    if not inner:
        return None
    return inner[0] if inner[-1] is Ellipsis else inner[index]
