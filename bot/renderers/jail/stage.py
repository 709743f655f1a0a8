"""The code that runs inside the jail, in a folder of its own and compiled, so that the jail sees nothing else of us.

Compiled because a jailed Python starts again and again and cannot write its caches: 45 ms instead of 130 ms.
"""

import hashlib
import importlib.util
import os
import py_compile
import secrets
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

import rjsonnet
import yaml

CODE = "/code"
"""Where the folder is seen inside the jail."""

_BOT = Path(__file__).parents[2]
_PARTS = ("__init__.py", "objects/*.py", "renderers/*.py", "renderers/jail/*.py")


def stage(folder: Path) -> Path:
    """The folder to bind at CODE, made below `folder` if it is not there. Its name is a hash of what it holds."""
    sources = _sources()
    digest = hashlib.sha256(sys.version.encode())
    for target, source in sources.items():
        digest.update(target.encode() + b"\0" + source.read_bytes() + b"\0")
    ready = folder / digest.hexdigest()[:16]
    if not ready.exists():
        _make(ready, sources)
    return ready


def _sources() -> dict[str, Path]:
    """Every file by its place in the staged folder: our own modules, PyYAML with its C parser, and rjsonnet."""
    found = {f"bot/{path.relative_to(_BOT)}": path for part in _PARTS for path in _BOT.glob(part)}
    for library in (yaml, rjsonnet):
        files = Path(str(library.__file__)).parent.iterdir()
        found |= {f"{library.__name__}/{path.name}": path for path in files if path.suffix in (".py", ".so")}
    return dict(sorted(found.items()))


def _make(ready: Path, sources: dict[str, Path]) -> None:
    """Fill a folder under another name and rename it, so that processes that start together do not meet half of it."""
    making = ready.with_name(f".{secrets.token_hex(8)}")
    for target, source in sources.items():
        place = making / target
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(source, place)
        if place.suffix == ".py":
            cached = Path(importlib.util.cache_from_source(str(place)))
            cached.parent.mkdir(mode=0o700, exist_ok=True)
            cached.write_bytes(_compiled(source, target))
    try:
        os.rename(making, ready)
    except OSError:
        shutil.rmtree(making)
        if not ready.exists():
            raise


@cache
def _compiled(source: Path, target: str) -> bytes:
    """A module's compiled form, which asks nobody whether it is still true. Once per process: it is what takes long."""
    with tempfile.TemporaryDirectory() as folder:
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        made = f"{folder}/made.pyc"
        py_compile.compile(str(source), made, f"{CODE}/{target}", doraise=True, invalidation_mode=mode)
        return Path(made).read_bytes()
