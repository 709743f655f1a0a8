"""The `plumbline` command: runs when somebody, or the Procfile, starts it."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from bot.domain.errors import TryLater, UserMistake
from handlers.cli import audit, badge, deploy, doctor, doors, manifests, plan, rebuild, render, version

SUBCOMMANDS = (doors, doctor, plan, render, deploy, rebuild, audit, badge, manifests, version)


class Parser(argparse.ArgumentParser):
    """Ends with 1 for what it cannot read: argparse's 2 would mean to `plumbline plan` that something changes."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and how it is written."""
        self.print_usage(sys.stderr)
        self.exit(1, f"plumbline: {message} (see {self.prog} --help)\n")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuse here what nobody knows: argparse hands it on to the program's parser, whose usage names no options."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; its exit code, 1 for a mistake with a sentence on standard error."""
    parser = Parser(prog="plumbline", description="GitOps in the pull request.")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for subcommand in SUBCOMMANDS:
        subcommand.register(subparsers)
    options = parser.parse_args(arguments)
    try:
        code: int = options.run(options)
    except UserMistake as mistake:
        print(f"plumbline: {mistake}", file=sys.stderr)
        return 1
    except TryLater as later:
        print(f"plumbline: {later.why}; try again later", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
