"""`plumbline manifests`: what an operator applies to a cluster before the bot may use it."""

import argparse
import os
from pathlib import Path
from typing import Any

from bot.domain.errors import UserMistake
from bot.wiring import guard


def register(subparsers: Any) -> None:
    """Add the subcommand to argparse's subparsers."""
    parser = subparsers.add_parser(
        "manifests",
        help="print the accounts, rights and policies that clusters.yaml needs",
        description="Print ServiceAccounts, RBAC and admission policies for each cluster of the clusters file. Read "
        "them, then apply them with kubectl as an administrator.",
    )
    default = os.environ.get("PLUMBLINE_CLUSTERS_FILE")
    parser.add_argument(
        "--clusters-file", type=Path, default=default and Path(default), help="default: PLUMBLINE_CLUSTERS_FILE"
    )
    parser.add_argument(
        "--account", default="", help="whom the clusters know the bot as (default: its ServiceAccount inside a cluster)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print them. Raises UserMistake for a file that is missing or wrong."""
    if options.clusters_file is None:
        raise UserMistake("no clusters file is named", "give --clusters-file or set PLUMBLINE_CLUSTERS_FILE")
    print(guard(options.clusters_file, options.account), end="")
    return 0
