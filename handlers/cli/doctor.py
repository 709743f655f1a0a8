"""`plumbline doctor`: whether everything the bot stands on is as it should be, line by line, with what to do."""

import argparse
import difflib
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.domain.checkups import Checkup, Health, bad, doubtful, good
from bot.domain.errors import UserMistake
from bot.log import mask
from bot.objects.redact import inert
from bot.settings import DATABASE_FILE, KEY_FILE, PREFIX, SECRETS, Settings, read_settings
from bot.wiring import checkups

LONGEST = 1000


def register(subparsers: Any) -> None:
    """Add the subcommand to argparse's subparsers."""
    parser = subparsers.add_parser(
        "doctor",
        help="see whether everything is as it should be",
        description="Look at settings, folders, programs, the database, the forge and every cluster: a line for each, "
        "with what to do where something is wrong. Makes the data folder where it is missing, changes nothing else and "
        "prints no secret. Exit code: 0 nothing fails, 1 something does.",
    )
    parser.add_argument("--format", choices=sorted(FORMATS), default="text", help="json: a line for each")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print a line for each thing as soon as it is known; the exit code."""
    failed = False
    for each in _all():
        print(FORMATS[options.format](each), flush=True)
        failed = failed or each.health is Health.FAIL
    return 1 if failed else 0


def _all() -> Iterator[Checkup]:
    try:
        settings = read_settings()
    except UserMistake as mistake:
        yield bad("settings", mistake.message, mistake.remedy)
        return
    yield good("settings", "are readable")
    yield from _unknown()
    for each in (*_folders(settings), *_secret_files()):
        yield each
    secrets = settings.secret_values()
    for each in checkups(settings):
        yield Checkup(each.health, each.about, mask(each.says, secrets), mask(each.remedy, secrets))


def _unknown() -> Iterator[Checkup]:
    """Variables with our prefix that nobody reads, most likely misspelt."""
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    known += [f"{PREFIX}{name.upper()}_FILE" for name in SECRETS]
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            yield doubtful(name, "is no setting", f"did you mean {close[0]}?" if close else "unset it, see the README")


def _folders(settings: Settings) -> Iterator[Checkup]:
    """The data folder is the bot's alone, and has room."""
    folder = settings.data_dir
    for path in (folder, *(folder / name for name in (KEY_FILE, DATABASE_FILE, f"{DATABASE_FILE}-wal"))):
        if _open_to_others(path):
            yield bad("data folder", f"{path} can be read by others", f"make it private: chmod go-rwx {path}")
    space = os.statvfs(folder)
    free = space.f_bavail * space.f_frsize // (1 << 20)
    if free < 1024:
        yield doubtful("data folder", f"{free} MB are left in {folder}", "make room: git mirrors and the ledger grow")
    else:
        yield good("data folder", f"{folder} has room")


def _secret_files() -> Iterator[Checkup]:
    """Files that hold secrets, as the variables name them, and the kubeconfigs' neighbour, the clusters file."""
    named = {name: Path(value) for name, value in os.environ.items() if name.startswith(PREFIX) and value}
    for name, path in sorted(named.items()):
        if name.endswith("_FILE") and name != f"{PREFIX}CLUSTERS_FILE" and _open_to_others(path):
            yield doubtful(name, f"{path} can be read by others", f"make it private: chmod go-rwx {path}")


def _open_to_others(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
    except OSError:
        return False


def _text(each: Checkup) -> str:
    says = inert(each.says, LONGEST).plain
    remedy = f"\n       → {inert(each.remedy, LONGEST).plain}" if each.remedy and each.health is not Health.OK else ""
    return f"{each.health.value:<6} {inert(each.about).plain}: {says}{remedy}"


def _json(each: Checkup) -> str:
    return json.dumps({"health": each.health.value, "about": each.about, "says": each.says, "remedy": each.remedy})


FORMATS: Mapping[str, Callable[[Checkup], str]] = {"text": _text, "json": _json}
