"""Slash commands: runs when a person wrote a comment. Each row of `bot/domain/commands.py` finds its reaction here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

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

REPEATABLE = frozenset({"rollback"})
"""What may be carried out again for the words of its answer: it finds what it made and makes nothing more."""

DONE, REFUSED = "done", "refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is replied to a command, and whether it was refused."""

    text: str
    refused: bool = False


def comment_written(event: CommentWritten, ports: Ports) -> None:
    """Carry out the commands of a comment, once its writer's role is read. Raises TryLater when the forge is away.

    Run again after a crash, or when the forge took no reply, it repeats no command that was carried out, and says what
    was not said.
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
        ended = [
            _respond(each, Asked(event, f"command-{comment.id}-{position}", person, config, ports, forge), position)
            for position, each in enumerate(said)
        ]
        forge.reactions.add(comment.id, Emoji.REFUSED if REFUSED in ended else Emoji.DONE)


def _rules(ports: Ports, event: CommentWritten, forge: Forge) -> Config:
    """The rules at the tip; of an unreadable one, those of the nearest older commit. Without any, nobody is a
    deployer."""
    branch, tip = forge.pulls.default_branch()
    try:
        ports.workspace.fetch(event.repository, tip, branch=branch)
        return rules_at(ports.workspace, event.repository, tip) or NOTHING
    except UserMistake:
        return NOTHING


def _respond(said: Said, asked: Asked, position: int) -> str:
    """Carry out one command and reply to it, each unless an earlier run did: how it ended."""
    noted = asked.noted()
    if noted is not None and noted.digest:
        return noted.digest
    carried_out = noted is not None and not (isinstance(said, Command) and said.name in REPEATABLE)
    answer = Answer("") if carried_out else _answer(said, asked)
    if answer.text:
        reply(asked.ports, (asked.where, asked.number), f"reply-{asked.event.comment}-{position}", answer.text)
    ended = REFUSED if answer.refused else DONE
    asked.end(ended)
    return ended


def _answer(said: Said, asked: Asked) -> Answer:
    """Carry out one command: what is to be said of it."""
    if isinstance(said, UnknownCommand):
        return Answer(replies.unknown_command(said, asked.config.commands), refused=True)
    if isinstance(said, BadCommand):
        return Answer(replies.bad_command(said), refused=True)
    try:
        return Answer(REACTIONS[said.name](said, asked))
    except UserMistake as mistake:
        with asked.ports.ledger.begin() as tx:
            if replace(asked, slot=f"{asked.slot}-refused").first_time(tx):
                note(tx, asked, "refused", detail=f"{said.name}: {mistake.message}"[:300])
        return Answer(replies.mistake(mistake), refused=True)
