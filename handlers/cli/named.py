"""What people name on the command line, as the ledger knows it."""

from bot.domain.errors import UserMistake
from bot.domain.subjects import Target
from bot.ports.ledger import KnownRepository, Ledger


def repository_named(ledger: Ledger, text: str) -> KnownRepository:
    """A repository by `github:acme/shop`, `acme/shop` or its key; without a name, the only one there is.

    Raises UserMistake when none or more than one is meant.
    """
    with ledger.begin() as tx:
        known = tx.repositories.all()
    found = [each for each in known if text in ("", *_names(each))]
    if len(found) == 1:
        return found[0]
    names = ", ".join(each.repository.address for each in known) or "none"
    if not text:
        raise UserMistake(
            "several repositories could be meant" if known else "no repository is known", f"known: {names}"
        )
    raise UserMistake(f"there is no one repository {text}", f"known: {names}")


def target_named(text: str) -> Target:
    """A target as in `prod/web`. Raises UserMistake."""
    try:
        return Target.parse(text)
    except ValueError as wrong:
        raise UserMistake(str(wrong)) from None


def _names(known: KnownRepository) -> tuple[str, ...]:
    repository = known.repository
    return (repository.address, repository.path, repository.key)
