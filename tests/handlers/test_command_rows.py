"""The table of commands and what carries them out."""

from bot.domain.commands import TABLE
from handlers.commands import REACTIONS


def test_every_command_has_its_reaction_and_no_reaction_stands_without_one() -> None:
    assert set(REACTIONS) == set(TABLE)
