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
from typing import Any, Final, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from bot.objects.redact import Redacted

T = TypeVar("T")
_Change = Callable[[Any], Any]
_ENCODE: Final = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode


def dump(value: object, hint: Any = None) -> str:
    """JSON text of a value. `hint` is needed where the value alone does not say it: a union of dataclasses."""
    return _ENCODE(_writer(cast("Any", hint or type(value)))(value))


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


@cache
def _writer(hint: Any) -> _Change:
    """What makes plain JSON of the values of a type. Made once for each type, as many rows are written at once."""
    if _is_union(hint):
        return _union_writer(hint)
    origin = get_origin(hint) or hint
    if not isinstance(origin, type) or origin is object:
        return _by_itself
    if issubclass(origin, Enum):
        return _value
    if origin is Redacted:
        return _text
    if is_dataclass(origin):
        return _fields_writer(origin)
    return _many_writer(origin, get_args(hint))


def _many_writer(origin: type, inner: tuple[Any, ...]) -> _Change:
    if issubclass(origin, Mapping):
        write = _writer(inner[1]) if inner else _by_itself
        return lambda value: {key: write(item) for key, item in value.items()}
    if not issubclass(origin, tuple | list):
        return _as_it_is
    if inner and inner[-1] is not Ellipsis:
        writers = [_writer(of) for of in inner]
        return lambda value: [write(item) for write, item in zip(writers, value, strict=True)]
    write = _writer(inner[0]) if inner else _by_itself
    return lambda value: list(map(write, value))


def _fields_writer(of: type) -> _Change:
    names = _hints(of)
    changes = {name: _writer(hint) for name, hint in names.items() if _writer(hint) is not _as_it_is}

    def write(value: Any) -> dict[str, Any]:
        body = {name: getattr(value, name) for name in names}
        for name, change in changes.items():
            body[name] = change(body[name])
        return body

    return write


def _union_writer(hint: Any) -> _Change:
    choices = _choices(hint)
    if choices is None:
        write = _writer(_only(hint))
        return lambda value: None if value is None else write(value)
    writers = {of: _writer(of) for of in choices.values()}
    return lambda value: None if value is None else {"is": type(value).__name__, **writers[type(value)](value)}


def _by_itself(value: Any) -> Any:
    """A value whose type no hint told."""
    return _writer(cast("Any", type(value)))(value)


def _value(value: Any) -> Any:
    return value.value


def _text(value: Any) -> Any:
    return value.plain


@cache
def _reader(hint: Any) -> _Change:
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
        return _fields_reader(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if hint is Redacted:
        return Redacted.stored
    return _float if hint is float else _as_it_is


def _fields_reader(of: type) -> _Change:
    names = _hints(of)
    changes = {name: _reader(hint) for name, hint in names.items() if _reader(hint) is not _as_it_is}

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise TypeError(f"{of.__name__} is written as an object")
        known = {name: item for name, item in value.items() if name in names}
        for name, change in changes.items():
            if name in known:
                known[name] = change(known[name])
        return of(**known)

    return read


def _union_reader(hint: Any) -> _Change:
    choices = _choices(hint)
    if choices is None:
        read = _reader(_only(hint))
        return lambda value: None if value is None else read(value)
    readers = {name: _reader(of) for name, of in choices.items()}
    return lambda value: None if value is None else readers[value["is"]](value)


def _tuple_reader(inner: tuple[Any, ...]) -> _Change:
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


def _only(hint: Any) -> Any:
    """What a union with nothing is, when it is something."""
    return next(choice for choice in get_args(hint) if choice is not types.NoneType)
