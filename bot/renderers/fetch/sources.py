"""Finds a chart's archive: in a chart repository by its index.yaml, or in an OCI registry by name and version."""

import hashlib
import json
import re
from typing import Any
from urllib.parse import quote, urlencode

from bot.domain.errors import Unavailable
from bot.objects.errors import ManifestError
from bot.objects.read import read_document
from bot.renderers.fetch.lock import Locked
from bot.renderers.fetch.web import Web

MOST_INDEX = 10_000_000
MOST_ARCHIVE = 20_000_000
_MOST_MANIFEST = 1_000_000
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_ARCHIVE = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
_PARAMETER = re.compile(r'([a-z_]+)="([^"]*)"')


def archive(locked: Locked, web: Web) -> bytes:
    """The chart's .tgz, its digest checked where the repository gives one. Raises Unavailable."""
    if locked.repository.startswith("oci://"):
        return _from_registry(locked, web)
    return _from_index(locked, web)


def _from_index(locked: Locked, web: Web) -> bytes:
    """helm.sh/docs/topics/chart_repository: `entries.<name>[]` with `version`, `urls` and `digest`."""
    root = locked.repository.rstrip("/")
    entry = _entry(web.get(f"{root}/index.yaml", MOST_INDEX), locked)
    urls, expected = entry.get("urls"), entry.get("digest")
    if not (isinstance(urls, list) and urls and isinstance(urls[0], str)):
        raise Unavailable(f"{root} names no address for {locked.name} {locked.version}")
    address = urls[0] if "://" in urls[0] else f"{root}/{urls[0].lstrip('/')}"
    data = web.get(address, MOST_ARCHIVE)
    return _checked(data, str(expected).removeprefix("sha256:") if expected else "", locked)


def _entry(index: bytes, locked: Locked) -> dict[str, Any]:
    try:
        value = read_document(index, "index.yaml").value
    except ManifestError as wrong:
        raise Unavailable(f"the index of {locked.repository} cannot be read: {wrong.message}") from None
    entries = value.get("entries") if isinstance(value, dict) else None
    versions = entries.get(locked.name) if isinstance(entries, dict) else None
    for entry in versions if isinstance(versions, list) else ():
        if isinstance(entry, dict) and str(entry.get("version", "")).lstrip("v") == locked.version.lstrip("v"):
            return entry
    raise Unavailable(f"{locked.repository} has no {locked.name} {locked.version}", "run `helm dependency update`")


def _from_registry(locked: Locked, web: Web) -> bytes:
    """OCI distribution specification: a manifest by tag, then the layer that is a chart. `+` is `_` in a tag."""
    host, _, path = locked.repository.removeprefix("oci://").rstrip("/").partition("/")
    name = f"{path}/{locked.name}".lstrip("/")
    root = f"https://{host}/v2/{quote(name)}"
    tag = f"{root}/manifests/{quote(locked.version.replace('+', '_'))}"
    headers = _token(web.challenge(tag), web)
    layers = _layers(web.get(tag, _MOST_MANIFEST, {**headers, "Accept": _MANIFEST}), locked)
    digest = next((each for kind, each in layers if kind == _ARCHIVE), "")
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise Unavailable(f"{locked.repository}/{locked.name}:{locked.version} is not a chart")
    data = web.get(f"{root}/blobs/{digest}", MOST_ARCHIVE, headers)
    return _checked(data, digest.removeprefix("sha256:"), locked)


def _layers(manifest: bytes, locked: Locked) -> list[tuple[str, str]]:
    try:
        layers = json.loads(manifest)["layers"]
        return [(str(layer["mediaType"]), str(layer["digest"])) for layer in layers]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unavailable(f"{locked.repository}/{locked.name} has no manifest that can be read") from None


def _token(challenge: str, web: Web) -> dict[str, str]:
    """An anonymous token, from where the registry says (distribution.github.io/distribution/spec/auth/token)."""
    scheme, _, rest = challenge.partition(" ")
    given = dict(_PARAMETER.findall(rest))
    if scheme.lower() != "bearer" or "realm" not in given:
        return {}
    query = urlencode({key: given[key] for key in ("service", "scope") if key in given})
    try:
        said = json.loads(web.get(f"{given['realm']}?{query}", _MOST_MANIFEST))
        token = said.get("token") or said.get("access_token")
    except (ValueError, AttributeError, RecursionError):
        token = None
    return {"Authorization": f"Bearer {token}"} if isinstance(token, str) else {}


def _checked(data: bytes, expected: str, locked: Locked) -> bytes:
    if expected and hashlib.sha256(data).hexdigest() != expected:
        raise Unavailable(f"what {locked.repository} sent for {locked.name} is not what it promised (SHA-256 differs)")
    return data
