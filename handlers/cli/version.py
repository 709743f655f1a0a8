"""`plumbline version`: which version this is."""

import argparse
from importlib.metadata import version
from typing import Any


def register(subparsers: Any) -> None:
    """Add the subcommand to argparse's subparsers."""
    parser = subparsers.add_parser("version", help="say which version this is")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the version."""
    print(version("plumbline-bot"))
    return 0
