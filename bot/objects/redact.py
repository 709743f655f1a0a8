"""The last thing done before text leaves the process: secrets become fingerprints, and nothing in it acts or renders.

`Redacted` is the only type of text that comments, checks, logs and stored plans take. It is made here and nowhere else.
"""

import hashlib
import hmac
import json
from typing import Any, Final

from bot.objects.answers import without_values
from bot.objects.credentials import flags_secret, scrubbed, without_credentials
from bot.objects.difference import Order
from bot.objects.escapes import broken, shortened, visible
from bot.objects.identity import ObjectKey
from bot.objects.listkeys import list_keys
from bot.objects.paths import ABSENT, Index, Item, Member, Path, Step, keyed, str_path
from bot.objects.scalars import resolve
from bot.objects.secrecy import is_secret, sounds_secret

SHOWN: Final = 300
"""Characters of a value or sentence that are shown."""

LONGEST: Final = 8_192
"""Longer values are never looked into: they are shown as a size and a fingerprint."""

_ENTRIES: Final = (("data",), ("stringData",))
_SEAL: Final = object()
_HIDDEN: Final = "[secret]"


class Redacted:
    """Text that may be shown to whoever reads the pull. Immutable, on one line, equal by text.

    `text` is for Markdown: no tag, link, mention, reference or fence begins in it. `plain` is the same for terminals
    and JSON, and what the ledger stores. Both are free of control, ANSI, bidi and invisible characters.
    """

    __slots__ = ("_plain",)
    _plain: str

    def __init__(self, plain: str, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("only bot.objects.redact makes Redacted text")
        object.__setattr__(self, "_plain", visible(plain))

    @classmethod
    def stored(cls, plain: str) -> "Redacted":
        """Text read back from the ledger, where only `plain` of a Redacted is ever written."""
        return cls(plain, _SEAL)

    @property
    def text(self) -> str:
        """For Markdown."""
        return broken(self._plain)

    @property
    def plain(self) -> str:
        """For terminals, JSON and the ledger."""
        return self._plain

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("Redacted text does not change")

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Redacted({self._plain!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Redacted) and self._plain == other._plain

    def __hash__(self) -> int:
        return hash(self._plain)

    def __bool__(self) -> bool:
        return bool(self._plain)


def inert(text: str, limit: int = SHOWN) -> Redacted:
    """Names, paths, titles and renderers' errors: text that whoever reads the pull may know anyway, made harmless.

    Credentials that have a known shape are hidden all the same. Values of fields go through a Redactor instead.
    """
    return Redacted(shortened(without_credentials(_beginning(text), lambda _: _HIDDEN), limit), _SEAL)


def inert_lines(text: str) -> tuple[Redacted, ...]:
    """As `inert`, line by line. Credentials are hidden first, since a private key is no credential in pieces."""
    whole = without_credentials(_beginning(text), lambda _: _HIDDEN)
    return tuple(inert(line) for line in whole.split("\n"))


class Redactor:
    """Redacts for one repository and environment: equal fingerprints mean equal values in the same field only."""

    def __init__(self, key: bytes, repository: str, environment: str) -> None:
        """`key` is the installation's fingerprint key, at least 16 bytes. Raises ValueError when it is shorter."""
        if len(key) < 16:
            raise ValueError("the fingerprint key is too short")
        self._key = hmac.digest(key, b"plumbline redaction 1", hashlib.sha256)
        self._scope = (repository, environment)

    def __repr__(self) -> str:
        return f"Redactor{self._scope!r}"

    def value(self, key: ObjectKey, path: Path, value: Any) -> Redacted:
        """A field's value, or a whole subtree's, as it may be shown: text as it is, the rest as JSON, secrets hidden.

        Takes what a FieldChange holds: JSON data, ABSENT, or an Order.
        """
        if value is ABSENT:
            return Redacted("(none)", _SEAL)
        if isinstance(value, Order):
            return Redacted("order " + ", ".join(str(self._step(key, path, item)) for item in value.items), _SEAL)
        return Redacted(self._cut(_spelled(self._shown(key, path, value)), key, path), _SEAL)

    def path(self, key: ObjectKey, path: Path) -> str:
        """A path as it may be shown: what tells an item of a list is a value like any other."""
        return str_path(tuple(self._step(key, path[:length], step) for length, step in enumerate(path)))

    def lines(self, key: ObjectKey, path: Path, value: str) -> tuple[Redacted, ...]:
        """A text of several lines, line by line, for a difference of lines; one line when it may not be shown."""
        shown = self._shown(key, path, value)
        return tuple(Redacted(self._cut(line, key, path), _SEAL) for line in str(shown).split("\n"))

    def text(self, message: str) -> Redacted:
        """An API server's or controller's sentence: paths and reasons stay, printed values go, secret or not."""
        return Redacted(
            shortened(without_credentials(without_values(_beginning(message)), lambda _: _HIDDEN), 500), _SEAL
        )

    def fingerprint(self, key: ObjectKey, path: Path, value: Any) -> str:
        """Four hex digits of a keyed hash. The key is derived per repository, environment, object and field."""
        field = (*self._scope, key.group, key.kind, key.namespace, key.name, str_path(path))
        derived = hmac.digest(self._key, json.dumps(field).encode(), hashlib.sha256)
        return hmac.digest(derived, json.dumps(value, sort_keys=True).encode(), hashlib.sha256)[:2].hex()

    def _cut(self, text: str, key: ObjectKey, path: Path) -> str:
        """The text, shortened. Two texts that differ only in what is left out are told apart by a fingerprint."""
        if len(text) <= SHOWN:
            return text
        return f"{shortened(text, SHOWN).removesuffix(')')}, {self.fingerprint(key, path, text)})"

    def _shown(self, key: ObjectKey, path: Path, value: Any) -> Any:
        """The value with everything secret in it replaced. The keys of a Secret are no secret."""
        if is_secret(key.of, path) and not (isinstance(value, dict) and path in _ENTRIES):
            return self._changed(key, path, value)
        if isinstance(value, dict):
            return {self._named(key, path, name): self._shown(key, (*path, name), value[name]) for name in value}
        if isinstance(value, list):
            return self._shown_list(key, path, value)
        if sounds_secret(key.of, path) and not (value is None or isinstance(value, bool)):
            return self._changed(key, path, value)
        if not isinstance(value, str):
            return value
        if len(value) > LONGEST:
            return f"text of {len(value.encode(errors='replace')):,} bytes ({self.fingerprint(key, path, value)})"
        return scrubbed(value, lambda found: self._changed(key, path, found))

    def _shown_list(self, key: ObjectKey, path: Path, values: list[Any]) -> list[Any]:
        names = list_keys(key.of, path) or ()
        shown = []
        for position, value in enumerate(values):
            step = (keyed(value, names) if names else None) or Index(position)
            before = values[position - 1] if position else None
            if isinstance(value, str) and isinstance(before, str) and flags_secret(before):
                shown.append(self._changed(key, (*path, step), value))
            else:
                shown.append(self._shown(key, (*path, step), value))
        return shown

    def _step(self, key: ObjectKey, above: Path, step: Step) -> Step:
        if isinstance(step, Member):
            return Member(self._shown(key, above, step.value))
        if isinstance(step, Item):
            return Item(tuple((name, self._shown(key, (*above, step, name), value)) for name, value in step.keys))
        return step

    def _named(self, key: ObjectKey, path: Path, name: str) -> str:
        return without_credentials(name, lambda found: self._changed(key, path, found))

    def _changed(self, key: ObjectKey, path: Path, value: Any) -> str:
        return f"changed ({self.fingerprint(key, path, value)})"


def _spelled(value: Any) -> str:
    """Text as it is, unless it would read as something else; everything else as JSON."""
    if isinstance(value, str) and value and value == value.strip() and _reads_as_text(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _reads_as_text(value: str) -> bool:
    try:
        return isinstance(resolve(value), str)
    except ValueError:
        return False


def _beginning(text: str) -> str:
    """The part of a long text that is looked into, without the word that the cut would split."""
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(maxsplit=1)[0]
