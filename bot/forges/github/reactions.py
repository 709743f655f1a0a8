"""Emoji under comments."""

from bot.forges.github.answers import Missing
from bot.forges.github.comments import lazy_comment
from bot.forges.github.connection import Connection
from bot.ports.reactions import Emoji

NEEDS = ("issues:write",)
"""Also on a pull: GitHub's table of permissions lists reactions to its comments under issues alone."""


class GitHubReactions:
    """Port `Reactions`. GitHub answers a repeated reaction with the one that is there."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, comment: int, emoji: Emoji) -> None:
        """React once; repeating it changes nothing. A deleted comment is fine."""
        try:
            self._connection.write(lambda remote: lazy_comment(remote, comment).create_reaction(emoji.value).id)
        except Missing:
            return
