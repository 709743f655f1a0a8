"""One spelling for each object: what is sent, what is compared, what is hashed, and what is refused."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any, Final

from bot.objects.errors import ManifestError
from bot.objects.identity import Object, kind_of
from bot.objects.scalars import whole

PART_OF: Final = "applyset.kubernetes.io/part-of"
"""The label that binds an object to its inventory, from KEP-3659 as kubectl implements it."""

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"

_APPLYSET = "applyset.kubernetes.io/"
SERVERS = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)
"""Metadata that the API server writes."""

_REFUSED = ("managedFields", "ownerReferences", "resourceVersion", "uid")
_CERTIFIED = {
    "APIService",
    "CustomResourceDefinition",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
}
_PLACEHOLDERS = ("", "Cg==", "Cg")
"""A `caBundle` that only stands for the one a controller will write: empty, or a base64 newline."""

_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_LONGEST_KEY = 1024
_ENCRYPTED = "ENC[AES256_GCM,"
_ENCRYPTED_WHY = (
    "it is encrypted with SOPS, which nothing decrypts here: commit a kind that a controller decrypts in the cluster, "
    "such as SealedSecret or ExternalSecret, or leave the file out with `exclude`"
)


def canonical(body: Object) -> Object:
    """A desired object in the form that is sent and compared. Quantities are never rewritten.

    Nulls go, as the server would store some of them as defaults that we then own; so do status and what servers
    write. A Secret's stringData becomes data, since removing a key from stringData removes nothing on the server.
    """
    clean: Object = _cleaned(body)
    clean.pop("status", None)
    metadata = without(clean.get("metadata") or {}, SERVERS)
    clean["metadata"] = without_entries(metadata, "annotations", LAST_APPLIED.__eq__)
    kind = kind_of(clean)
    if kind.kind == "Secret" and not kind.group:
        clean = _encoded_secret(clean)
    if kind.kind == "ClusterRole" and clean.get("aggregationRule"):
        clean.pop("rules", None)
    return _without_placeholders(clean) if kind.kind in _CERTIFIED else clean


def refusals(body: Object) -> list[str]:
    """Why an object from Git must not be applied at all; empty when it may. Names keys, never values."""
    metadata = body.get("metadata") or {}
    reasons = [f"`metadata.{name}` is the server's to write: remove it" for name in _REFUSED if metadata.get(name)]
    for group in ("labels", "annotations"):
        for name in metadata.get(group) or {}:
            if name.startswith(_APPLYSET):
                reasons.append(f"`metadata.{group}` holds `{name}`, which says what is whose: remove it")
    encrypted = _ENCRYPTED in json.dumps(body) and _holds(body, lambda value: value.startswith(_ENCRYPTED))
    if body.get("sops") or encrypted:
        reasons.append(_ENCRYPTED_WHY)
    return reasons + (_secret_refusals(body) if body["kind"] == "Secret" else [])


def _secret_refusals(body: Object) -> list[str]:
    groups = [name for name in ("data", "stringData") if body.get(name) is not None]
    wrong = [f"`{name}` must be a map" for name in groups if not isinstance(body[name], dict)]
    if wrong:
        return wrong
    return [f"`data.{name}` is not base64" for name, value in (body.get("data") or {}).items() if not _base64(value)]


def encode(body: Object) -> bytes:
    """The body as the API server's YAML parser reads it back unchanged: JSON in UTF-8, some characters escaped.

    Measured on 1.37: raw U+0085 turns into a space, raw U+2028/2029 swallow the blanks beside them, raw U+007F–9F and
    U+FFFE/FFFF are refused, escaped astral characters are refused. Raises ManifestError for half surrogates and keys
    over 1,024 characters.
    """
    _check_keys(body)
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode()
    except UnicodeEncodeError:
        raise ManifestError("holds half of a surrogate pair, which is no character") from None


def digest(body: Object) -> str:
    """SHA-256, in hex, of an object with its keys sorted."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def labelled(body: Object, label_value: str) -> Object:
    """The object with our label, which goes on the object only: never on selectors or pod templates."""
    metadata = body.get("metadata") or {}
    labels = {**(metadata.get("labels") or {}), PART_OF: label_value}
    return {**body, "metadata": {**metadata, "labels": labels}}


def unlabelled(body: Object) -> Object:
    """The object without our label, whatever its value; without `labels` when nothing else was in them."""
    return {**body, "metadata": without_entries(body.get("metadata") or {}, "labels", PART_OF.__eq__)}


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _cleaned(entry) for key, entry in value.items() if entry is not None}
    if isinstance(value, list):
        return [_cleaned(entry) for entry in value]
    return whole(value) if isinstance(value, float) else value


def without(mapping: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """A map without some of its keys."""
    return {key: value for key, value in mapping.items() if key not in names}


def without_entries(metadata: dict[str, Any], group: str, unwanted: Callable[[str], bool]) -> dict[str, Any]:
    """Metadata without some labels or annotations, and without the group when that leaves it empty."""
    entries = metadata.get(group)
    if not isinstance(entries, dict) or not any(unwanted(name) for name in entries):
        return metadata
    kept = {name: value for name, value in entries.items() if not unwanted(name)}
    return {**metadata, group: kept} if kept else without(metadata, (group,))


def _encoded_secret(body: Object) -> Object:
    """stringData into data, where it wins. Values that are no text stay, for the server to refuse."""
    data = {name: _unwrapped(value) for name, value in (body.get("data") or {}).items()}
    rest = {}
    for name, value in (body.get("stringData") or {}).items():
        if isinstance(value, str):
            data[name] = base64.b64encode(value.encode(errors="surrogatepass")).decode()
        else:
            rest[name] = value
    body = without(body, ("stringData",)) | ({"stringData": rest} if rest else {})
    return {**body, "data": data} if data else body


def _base64(value: Any) -> bool:
    if not isinstance(value, str):
        return value is None
    try:
        base64.b64decode(_unwrapped(value), validate=True)
    except ValueError:
        return False
    return True


def _unwrapped(value: Any) -> Any:
    """Base64 without the line ends that the server takes out as well."""
    return value.replace("\r", "").replace("\n", "") if isinstance(value, str) else value


def _without_placeholders(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _without_placeholders(entry)
            for key, entry in value.items()
            if not (key == "caBundle" and entry in _PLACEHOLDERS)
        }
    return [_without_placeholders(entry) for entry in value] if isinstance(value, list) else value


def _holds(value: Any, wanted: Callable[[str], bool]) -> bool:
    if isinstance(value, dict):
        return any(_holds(entry, wanted) for entry in value.values())
    if isinstance(value, list):
        return any(_holds(entry, wanted) for entry in value)
    return isinstance(value, str) and wanted(value)


def _check_keys(value: Any) -> None:
    if isinstance(value, dict):
        for key, entry in value.items():
            if len(key) > _LONGEST_KEY:
                raise ManifestError(f"a key is longer than {_LONGEST_KEY} characters, which the API server refuses")
            _check_keys(entry)
    elif isinstance(value, list):
        for entry in value:
            _check_keys(entry)
