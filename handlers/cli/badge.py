"""`plumbline badge`: the address of an environment's badge, with the key that opens it."""

import argparse
from typing import Any
from urllib.parse import quote

from bot.settings import read_settings
from bot.web.badge import badge_key
from bot.wiring import records
from handlers.cli.named import repository_named


def register(subparsers: Any) -> None:
    """Add the subcommand to argparse's subparsers."""
    parser = subparsers.add_parser(
        "badge",
        help="print the address of an environment's badge",
        description="Print the address of a picture that says which commit runs in an environment, and whether it is "
        "healthy. Who has the address may see that picture and nothing else.",
    )
    parser.add_argument("repository", help="as in github:acme/shop")
    parser.add_argument("environment", help="as in prod")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print it. Raises UserMistake for a repository that the bot has not seen."""
    settings = read_settings()
    with records(settings) as ledger:
        repository = repository_named(ledger, options.repository).repository
    key = badge_key(settings.fingerprint_key.get_secret_value().encode(), repository.key, options.environment)
    name = f"{repository.forge}/{quote(repository.path)}/{quote(options.environment, safe='')}.svg"
    print(f"{settings.public_url.rstrip('/')}/badge/{name}?key={key.decode()}")
    return 0
