"""What is answered to commands, on every database."""

from bot.ledger.ledger import SqlLedger
from bot.ports.answers import Answer


def test_the_first_answer_to_a_command_is_kept(ledger: SqlLedger) -> None:
    with ledger.begin() as tx:
        assert tx.answers.get("github:12#5", "command-1-0") is None
        assert tx.answers.keep("github:12#5", "command-1-0", Answer("x" * 70_000, refused=True))
        assert not tx.answers.keep("github:12#5", "command-1-0", Answer("another"))
        assert tx.answers.keep("github:12#6", "command-1-0", Answer(""))
    with ledger.begin() as tx:
        assert tx.answers.get("github:12#5", "command-1-0") == Answer("x" * 70_000, refused=True)
        assert tx.answers.get("github:12#6", "command-1-0") == Answer("")
