"""The data of an inventory's ConfigMap: rows as lines of JSON, sealed with a keyed digest. Pure.

A row decides what may be deleted one day, so a map that was edited, cut or copied by hand must not be believed: the
digest covers the map's ApplySet id, its journal and every row, and its key never leaves the installation.
"""

import base64
import binascii
import gzip
import hashlib
import hmac
import json
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from bot.domain.inventory import BY_OBJECT, InventoryRow
from bot.objects.identity import Object, ObjectKey

_FORMAT = 1
_PLAIN = 200_000
"""Bytes up to which rows stay readable with kubectl; beyond that they are compressed."""
_PACKED = 700_000
"""Bytes that compressed rows may have: a ConfigMap takes 1 MiB, and base64 in etcd a third more."""
_UNPACKED = 16_000_000
_LEVEL = 6
"""Of compression: the highest takes twice as long, and saves less than a hundredth."""
_ENCODE: Final = json.JSONEncoder(separators=(",", ":")).encode
_HEADER, _ROWS, _PENDING, _ROWS_PACKED = "header", "rows", "pending", "rows.gz"


class Unbelievable(Exception):
    """The map is not as we wrote it. Says what is wrong with it."""


class TooManyRows(Exception):
    """The rows do not fit into one ConfigMap."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a map holds. `pending` is the journal of a wave that was begun and not settled."""

    rows: tuple[InventoryRow, ...]
    pending: str = ""


def seal(contents: Contents, applyset: str, key: bytes) -> Object:
    """`data` and `binaryData` of the map. The same contents always give the same bytes. Raises TooManyRows."""
    text = "".join(f"{_line(row)}\n" for row in sorted(contents.rows, key=BY_OBJECT)).encode()
    header = {
        "format": _FORMAT,
        "count": len(contents.rows),
        "digest": _digest(key, applyset, contents.pending, text),
    }
    data = {_HEADER: json.dumps(header)} | ({_PENDING: contents.pending} if contents.pending else {})
    if len(text) <= _PLAIN:
        return {"data": {**data, _ROWS: text.decode()}}
    packed = gzip.compress(text, _LEVEL, mtime=0)
    if len(packed) > _PACKED:
        raise TooManyRows
    return {"data": data, "binaryData": {_ROWS_PACKED: base64.b64encode(packed).decode()}}


def unseal(body: Object, applyset: str, key: bytes | None) -> Contents:
    """What a map holds, once its seal was found whole, or whatever it says where there is no key to look at that with.
    Raises Unbelievable."""
    with _believing():
        text, pending = _opened(body, applyset, key)
        return Contents(tuple(_row(json.loads(line)) for line in text.decode().splitlines()), pending)


def check_seal(body: Object, applyset: str, key: bytes | None) -> None:
    """As `unseal`, for who does not need to know what the map holds. Raises Unbelievable."""
    with _believing():
        _opened(body, applyset, key)


@contextmanager
def _believing() -> Iterator[None]:
    """Whatever cannot be read in a map is a reason not to believe it."""
    try:
        yield
    except (KeyError, TypeError, ValueError, RecursionError, binascii.Error, zlib.error, EOFError):
        raise Unbelievable("it is not in the form that it was written in") from None


def _opened(body: Object, applyset: str, key: bytes | None) -> tuple[bytes, str]:
    """The lines of the rows and the journal. Raises Unbelievable, and what `_believing` says."""
    data = body.get("data") or {}
    header = json.loads(data[_HEADER])
    if header["format"] != _FORMAT:
        raise Unbelievable(f"it has format {header['format']!r}, which this version does not read")
    text, pending = _text(body, data), data.get(_PENDING, "")
    if key is not None and not hmac.compare_digest(header["digest"], _digest(key, applyset, pending, text)):
        raise Unbelievable("its seal is broken: it was edited by hand, or sealed with another FINGERPRINT_KEY")
    return text, pending


def _text(body: Object, data: dict[str, str]) -> bytes:
    packed = (body.get("binaryData") or {}).get(_ROWS_PACKED)
    if packed is None:
        return data[_ROWS].encode()
    # Bounded, since who can edit the map could have put in what unpacks to any size.
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    text = unpacking.decompress(base64.b64decode(packed, validate=True), _UNPACKED)
    if not unpacking.eof:
        raise ValueError("cut short, or too large")
    return text


def _digest(key: bytes, applyset: str, pending: str, text: bytes) -> str:
    own = hmac.digest(key, b"plumbline inventory", "sha256")
    sealed = json.dumps([_FORMAT, applyset, pending, hashlib.sha256(text).hexdigest()])
    return hmac.new(own, sealed.encode(), "sha256").hexdigest()


def _line(row: InventoryRow) -> str:
    key = row.object
    what = {"group": key.group, "kind": key.kind, "namespace": key.namespace, "name": key.name}
    how = {"apiVersion": row.api_version, "uid": row.uid, "commit": row.commit, "fingerprint": row.fingerprint}
    on = (("left", row.left), ("hook", row.hook), ("recovered", row.recovered))
    marks = {name: True for name, marked in on if marked}
    came = {"cameFrom": row.came_from} if row.came_from else {}
    return _ENCODE({**what, **how, **marks, **came})


def _row(said: dict[str, Any]) -> InventoryRow:
    key = ObjectKey(said["group"], said["kind"], said["namespace"], said["name"])
    left, hook, recovered = (bool(said.get(name)) for name in ("left", "hook", "recovered"))
    wrote = said["apiVersion"], said["uid"], said["commit"], said["fingerprint"]
    return InventoryRow(key, *wrote, left, hook, recovered, str(said.get("cameFrom", "")))


def keys_of(rows: Iterable[InventoryRow]) -> list[ObjectKey]:
    """The objects that rows are about."""
    return [row.object for row in rows]
