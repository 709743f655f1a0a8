"""Runs inside the jail, in a process of its own: stands in for the helm binary where only helm-python-sdk is installed.

It takes the words of `helm template` that bot/renderers/helm.py writes, and answers in helm's own form. The library
renders for one Kubernetes version and its built-in APIs, so what the cluster can do is not heeded.
"""

import csv
import os
import re
import sys
from collections.abc import Iterator
from typing import Any

from bot.renderers.inputs import REAL

PACKAGE = "helm_python"
LIBRARY = f"/library/{PACKAGE}"
"""Where the package is seen inside the jail."""
_VALUES = "--values="
_NAMESPACE = "--namespace="
_RELEASE = re.compile(r"(?=.{1,53}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_NEXT = re.compile(r"(?:^|\s*\n)---\s*")
"""Where helm begins a new document, in whatever a template prints."""


def program() -> list[str]:
    """The words that start this file as a program of its own, to be followed by helm's words."""
    code = os.path.abspath(f"{__file__}/../../../..")
    places = [code, os.path.dirname(REAL.get(LIBRARY, LIBRARY))]
    start = f"import sys; sys.path[:0] = {places!r}; from bot.renderers.jail.helm_library import main; main()"
    return [sys.executable, "-I", "-S", "-B", "-c", start]


def main() -> None:
    """Print what the release renders to, or why it does not, and exit with 1."""
    words = sys.argv[1:]
    release, chart = words[words.index("--") + 1 :]
    options = words[: words.index("--")]
    namespace = next((word.removeprefix(_NAMESPACE) for word in options if word.startswith(_NAMESPACE)), "default")
    values: dict[str, Any] = {}
    try:
        for word in options:
            if word.startswith(_VALUES):
                values = _merged(values, _read(next(csv.reader([word.removeprefix(_VALUES)]))[0]))
        printed = "".join(_rendered(chart, (release, namespace), values, crds="--include-crds" in options))
    except _sdk().HelmError as error:
        sys.exit(f"Error: {error}")
    sys.stdout.write(printed)


def _sdk() -> Any:
    """The library, which loads 85 MB: only here, and not for those who ask for `program`."""
    import helm_python

    return helm_python


def _read(file: str) -> dict[str, Any]:
    with open(file, encoding="utf-8", errors="replace") as opened:
        read: dict[str, Any] = _sdk().values_from_yaml(opened.read())
    return read


def _merged(values: dict[str, Any], later: dict[str, Any]) -> dict[str, Any]:
    """Values as helm reads several files: maps are merged, everything else is replaced."""
    found = dict(values)
    for name, value in later.items():
        old = found.get(name)
        found[name] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return found


def _rendered(place: str, release: tuple[str, str], values: dict[str, Any], *, crds: bool) -> Iterator[str]:
    """The chart's files as `helm template` prints them, each under the name of its template."""
    missing = [need["name"] for need in _sdk().dependency_list(place) if need["status"] == "missing"]
    if missing:
        sys.exit(f"Error: found in Chart.yaml, but missing in charts/ directory: {', '.join(missing)}")
    if not _RELEASE.fullmatch(release[0]):
        sys.exit(f"Error: invalid release name, must match {_RELEASE.pattern}")
    with _sdk().Chart.load(place) as chart:
        if chart.metadata.get("type") == "library":
            sys.exit("Error: library charts are not installable")
        files = {each["filename"]: each["data"] for each in chart.crds} if crds else {}
        files |= chart.render(values, name=release[0], namespace=release[1])
    for name, text in files.items():
        documents = _NEXT.split(text) if os.path.basename(name) != "NOTES.txt" else []
        yield from (f"---\n# Source: {name}\n{each.strip()}\n" for each in documents if each.strip())
