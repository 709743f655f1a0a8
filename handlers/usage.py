"""`help`: runs when somebody asks what they may use."""

from bot.comments import replies
from bot.domain.commands import Command
from handlers.asking import Asked, allowed, in_teams


def list_commands(command: Command, asked: Asked) -> str:
    """The commands that this person may use here, on any environment."""
    allowed(command, asked)
    return replies.help_for(in_teams(asked, asked.config.environments.values()), asked.config)
