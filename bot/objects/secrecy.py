"""Which fields hold secrets, by kind, place and name. It errs on the side of hiding: a name that sounds secret is."""

import re
from functools import lru_cache
from typing import Final

from bot.objects.canonical import LAST_APPLIED
from bot.objects.identity import Kind
from bot.objects.paths import Index, Item, Path

DOCKER_CONFIGS: Final = frozenset({".dockercfg", ".dockerconfigjson"})

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SECRET_WORD = re.compile(
    r"(?:api|private)keys?|auth|authkey|bearer|cookies?|credentials?|creds|dsn|jwt|passphrase|passwd|passwords?|pgpass"
    r"|psk|pwd?|salt|secrets?|tokens?"
)
_PAIR = re.compile(
    r"(?:access|account|api|app|client|connection|consumer|encryption|license|master|private|secret|session|shared"
    r"|signing|storage|webhook)[-_. ]?(?:keys?|string|str|pass|url)(?![a-z])",
    re.IGNORECASE,
)
_INSIDE = re.compile(r"passw(?:or)?d|passphrase|secret|token|credential|apikey|privatekey", re.IGNORECASE)
_POINTER = re.compile(
    r"algorithm|audience|class|count|enabled|endpoint|expiration|id|issuer|kind|length|mode|mount|names?|namespace"
    r"|optional|path|policy|provider|ref|reference|refs|required|resource|seconds|selector|store|ttl|type|version"
)
"""Last words of names that point at a secret or describe one, rather than hold it."""

_SECRETS_OWN = ("apiVersion", "kind", "metadata", "immutable", "type")
"""What a Secret holds besides secrets. Everything else in one is hidden, misspelt fields too."""

_LONE = ("key", "keys", "pass", "pem")


def is_secret(kind: Kind, path: Path) -> bool:
    """Whether everything at a path is secret, by where it is: no part of it may be shown, and no key below it."""
    if kind == Kind("", "Secret") and path and path[0] not in _SECRETS_OWN:
        return True
    if any(step == LAST_APPLIED or step in DOCKER_CONFIGS for step in path):
        return True
    if len(path) >= 3 and path[-1] == "value" and path[-3] == "env":
        return _secret_variable(path)
    in_config = kind == Kind("", "ConfigMap") and len(path) > 1 and path[0] in ("data", "binaryData")
    return in_config and isinstance(path[1], str) and looks_secret(path[1], lone_key=True)


def sounds_secret(kind: Kind, path: Path) -> bool:
    """Whether a single value at a path is probably secret, by the names of its field and of those around it."""
    if path and path[-1] == "value" and looks_secret(_name_beside(path), lone_key=True):
        return True
    words = [step for step in path if isinstance(step, str)]
    if not words or kind.kind == "CustomResourceDefinition" or points(words[-1]) or _chosen_key(path):
        return False
    if kind == Kind("", "ConfigMap") and words[0] in ("data", "binaryData"):
        return False
    return any(looks_secret(step) for step in words)


@lru_cache(maxsize=8192)
def looks_secret(name: str, *, lone_key: bool = False) -> bool:
    """Whether what is called so is probably a secret: `dbPassword`, `API_KEY`, `auth-token`; not `secretName`.

    `lone_key`: the word `key` alone counts too, as in the names of variables and files.
    """
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or points(name):
        return False
    if any(_SECRET_WORD.fullmatch(word) for word in words) or (lone_key and words[-1] in _LONE):
        return True
    return bool(_PAIR.search(name) or _INSIDE.search(name))


def points(name: str) -> bool:
    """Whether a name says that it only points at something: `secretName`, `tokenPath`, `ref`."""
    words = _WORD.findall(name)
    return bool(words) and bool(_POINTER.fullmatch(words[-1].lower()))


def _chosen_key(path: Path) -> bool:
    """`secretKeyRef.key` and `secret.items[0].key`: the name of an entry, not the entry."""
    if len(path) < 2 or path[-1] != "key":
        return False
    parent = path[-2]
    return isinstance(parent, Index) or (isinstance(parent, str) and points(parent))


def _secret_variable(path: Path) -> bool:
    """A variable without a name in its path cannot be judged, so its value is a secret."""
    name = _name_beside(path)
    return not name or looks_secret(name, lone_key=True)


def _name_beside(path: Path) -> str:
    """The name of the list's item that a value stands in, as in `httpHeaders[name=X-Api-Key].value`; empty if none."""
    item = path[-2] if len(path) > 1 else None
    name = dict(item.keys).get("name") if isinstance(item, Item) else None
    return name if isinstance(name, str) else ""
