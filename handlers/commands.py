"""Slash commands: runs when a person wrote a comment. Each row of `bot/domain/commands.py` finds its reaction here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.comments import replies
from bot.domain.command_lines import BadCommand, Said, UnknownCommand, parse
from bot.domain.commands import Command
from bot.domain.config import CommandSettings, Config
from bot.domain.errors import UserMistake
from bot.domain.events import CommentWritten
from bot.domain.permissions import Person, heard
from bot.planning.configs import rules_at
from bot.ports.forge import Forge
from bot.ports.reactions import Emoji
from bot.ports.world import Ports
from handlers import approve, cancel, explain, fork, hold, lock, replan, rollback, usage, word
from handlers.asking import Asked, note
from handlers.say import reply

NEEDS = ("contents:read", "issues:write", "pull_requests:write")
NOTHING = Config(apps={}, environments={}, commands=CommandSettings())

REACTIONS: Mapping[str, Callable[[Command, Asked], str]] = {
    "plan": replan.plan_again,
    "deploy": word.give_word,
    "approve": approve.approve,
    "hold": hold.hold,
    "unhold": hold.unhold,
    "lock": lock.lock,
    "unlock": lock.unlock,
    "cancel": cancel.cancel,
    "explain": explain.explain,
    "status": explain.status,
    "config": explain.config,
    "ok-to-plan": fork.allow,
    "rollback": rollback.roll_back,
    "help": usage.list_commands,
}
"""What each command does. Returns what is to be replied, empty when the emoji say enough; raises UserMistake to refuse,
and then nothing was done."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is replied to a command, and whether it was refused."""

    text: str
    refused: bool = False


def comment_written(event: CommentWritten, ports: Ports) -> None:
    """Carry out the commands of a comment, once its writer's role is read. Raises TryLater when the forge is away.

    Run again after a crash, it repeats no command that was carried out.
    """
    with ports.forges.open(event.repository, *NEEDS) as forge:
        comment = forge.comments.get(event.comment)
        if comment is None or comment.by_us or comment.edited:
            return
        config = _rules(ports, event, forge)
        said = parse(comment.body, config.commands)
        if not said:
            return
        person = Person(comment.author, forge.permissions.role(comment.author))
        if not heard(person):
            return
        forge.reactions.add(comment.id, Emoji.SEEN)
        refused = False
        for position, each in enumerate(said):
            asked = Asked(event, f"command-{comment.id}-{position}", person, config, ports, forge)
            answer = _answer(each, asked)
            if answer.text:
                reply(ports, (event.repository, event.number), f"reply-{comment.id}-{position}", answer.text)
            refused = refused or answer.refused
        forge.reactions.add(comment.id, Emoji.REFUSED if refused else Emoji.DONE)


def _rules(ports: Ports, event: CommentWritten, forge: Forge) -> Config:
    """The rules at the tip; of an unreadable one, those of the nearest older commit. Without any, nobody is a
    deployer."""
    branch, tip = forge.pulls.default_branch()
    try:
        ports.workspace.fetch(event.repository, tip, branch=branch)
        return rules_at(ports.workspace, event.repository, tip) or NOTHING
    except UserMistake:
        return NOTHING


def _answer(said: Said, asked: Asked) -> Answer:
    """Carry out one command, unless it was carried out before."""
    if isinstance(said, UnknownCommand):
        return Answer(replies.unknown_command(said, asked.config.commands), refused=True)
    if isinstance(said, BadCommand):
        return Answer(replies.bad_command(said), refused=True)
    try:
        return Answer(REACTIONS[said.name](said, asked))
    except UserMistake as mistake:
        with asked.ports.ledger.begin() as tx:
            note(tx, asked, "refused", detail=f"{said.name}: {mistake.message}"[:300])
        return Answer(replies.mistake(mistake), refused=True)
