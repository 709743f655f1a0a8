"""`plumbline audit`: what was done, decided and refused, by whom; and whether nobody changed it since."""

import argparse
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.comments.audit import audit_json, audit_text
from bot.domain.audit import START, Noted, first_break
from bot.domain.errors import UserMistake
from bot.ports.audit import Wanted
from bot.ports.ledger import Ledger
from bot.settings import read_settings
from bot.wiring import records
from handlers.cli.named import repository_named, target_named

FORMATS: Mapping[str, Callable[[Noted, str], str]] = {"text": audit_text, "json": audit_json}
PAGE = 500
UNITS = {"m": 60.0, "h": 3600.0, "d": 86400.0}


def register(subparsers: Any) -> None:
    """Add the subcommand to argparse's subparsers."""
    parser = subparsers.add_parser(
        "audit",
        help="list what was done, decided and refused, by whom",
        description="List the audit, oldest first. --verify proves instead that no entry was changed, removed or put "
        "in: it prints the newest entry's number and hash (keep them elsewhere to compare), and exits 1 and says where "
        "when the chain breaks.",
    )
    parser.add_argument("--repository", default="", metavar="FORGE:PATH", help="as in github:acme/shop")
    parser.add_argument("--target", default="", help="as in prod/web")
    parser.add_argument("--since", default="", help="as in 90m, 24h, 7d, 2026-01-31 or 2026-01-31T12:00:00Z")
    parser.add_argument("--format", choices=sorted(FORMATS), default="text", help="json: a line for each entry")
    parser.add_argument("--verify", action="store_true", help="prove the chain instead of listing it")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """List or verify. Raises UserMistake for a repository, target or time that cannot be read."""
    since = moment(options.since, time.time()) if options.since else 0.0
    with records(read_settings()) as ledger:
        if options.verify:
            return _verify(ledger)
        names = _names(ledger)
        named = repository_named(ledger, options.repository).repository.key if options.repository else ""
        wanted = Wanted(named, str(target_named(options.target)) if options.target else "", since)
        for noted in entries(ledger, wanted):
            print(FORMATS[options.format](noted, names.get(noted.entry.repository, noted.entry.repository)))
    return 0


def entries(ledger: Ledger, wanted: Wanted) -> Iterator[Noted]:
    """Entries page by page, so that a slow reader keeps nobody from writing."""
    last = 0
    while True:
        with ledger.begin() as tx:
            page = tx.audit.page(last, wanted, PAGE)
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1].number


def broken(ledger: Ledger) -> tuple[Noted, str | None]:
    """The newest entry that holds, and where the chain breaks, if it does: an end that was cut off is a break too."""
    with ledger.begin() as tx:
        number, end = tx.audit.end()
    last = START
    for noted in entries(ledger, Wanted()):
        if (found := first_break(last, [noted])) is not None:
            return last, found
        if noted.number == number and noted.hash != end:
            return last, f"entry {number} is not the one that was noted last"
        last = noted
    missing = last.number < number
    return last, f"entry {last.number + 1} is missing, {number} were noted" if missing else None


def moment(text: str, now: float) -> float:
    """`24h`, `7d` before now, or an ISO date or time, in seconds since the epoch. Raises UserMistake."""
    if ago := re.fullmatch(r"(\d{1,6})([mhd])", text):
        return now - float(ago[1]) * UNITS[ago[2]]
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UserMistake(f"--since {text!r} is no time", "write 24h, 7d, or a date as in 2026-01-31") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _verify(ledger: Ledger) -> int:
    last, found = broken(ledger)
    if found is not None:
        print(f"broken: {found}")
        return 1
    print(f"whole: {last.number} entries" + (f", the last one is {last.number}:{last.hash}" if last.number else ""))
    return 0


def _names(ledger: Ledger) -> dict[str, str]:
    """Repositories' addresses by their keys."""
    with ledger.begin() as tx:
        return {known.repository.key: known.repository.address for known in tx.repositories.all()}
