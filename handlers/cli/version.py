"""`plumbline version`: which version this is."""

import argparse
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from bot.domain.errors import UserMistake


def register(subparsers: Any) -> None:
    """Add the subcommand to argparse's subparsers."""
    parser = subparsers.add_parser("version", help="say which version this is")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the version. Raises UserMistake where only the sources are."""
    try:
        print(version("plumbline-bot"))
    except PackageNotFoundError:
        raise UserMistake("plumbline runs from its sources and is not installed", "run make setup") from None
    return 0
