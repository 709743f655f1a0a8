"""Slash commands: runs when a person wrote a comment. Each row of `bot/domain/commands.py` finds its reaction here."""

from collections.abc import Callable, Mapping

from bot.comments import replies
from bot.domain.command_lines import BadCommand, Spoken, UnknownCommand, parse
from bot.domain.commands import Command
from bot.domain.config import CommandSettings, Config
from bot.domain.errors import UserMistake
from bot.domain.events import CommentWritten
from bot.domain.permissions import Person, heard
from bot.planning.configs import rules_at
from bot.ports.answers import Answer
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


def comment_written(event: CommentWritten, ports: Ports) -> None:
    """Carry out the commands of a comment, once its writer's role is read. Raises TryLater when the forge is away.

    Run again after a crash, or because the forge took no reply, it repeats no command that was carried out or refused,
    and says what was not said.
    """
    with ports.forges.open(event.repository, *NEEDS) as forge:
        comment = forge.comments.get(event.comment)
        if comment is None or comment.by_us or comment.edited:
            return
        config = _rules(ports, event, forge)
        spoken = parse(comment.body, config.commands)
        if not spoken:
            return
        person = Person(comment.author, forge.permissions.role(comment.author))
        if not heard(person):
            return
        forge.reactions.add(comment.id, Emoji.SEEN)
        slots = [f"{comment.id}-{position}" for position, _ in enumerate(spoken)]
        asked = [Asked(event, f"command-{slot}", person, config, ports, forge) for slot in slots]
        # All of them before the first reply: one that cannot be written keeps none from being carried out.
        answers = [_answer(each, to) for each, to in zip(spoken, asked, strict=True)]
        for slot, answer in zip(slots, answers, strict=True):
            if answer.text:
                reply(ports, (event.repository, event.number), f"reply-{slot}", answer.text)
        forge.reactions.add(comment.id, Emoji.REFUSED if any(each.refused for each in answers) else Emoji.DONE)


def _rules(ports: Ports, event: CommentWritten, forge: Forge) -> Config:
    """The rules at the tip; of an unreadable one, those of the nearest older commit. Without any, nobody is a
    deployer."""
    branch, tip = forge.pulls.default_branch()
    try:
        ports.workspace.fetch(event.repository, tip, branch=branch)
        return rules_at(ports.workspace, event.repository, tip) or NOTHING
    except UserMistake:
        return NOTHING


def _answer(spoken: Spoken, asked: Asked) -> Answer:
    """Carry out or refuse one command: what is replied, the same in every run. Only the first one does anything."""
    with asked.ports.ledger.begin() as tx:
        kept = tx.answers.get(asked.subject, asked.slot)
    if kept is not None:
        return kept
    answer, why = _carry_out(spoken, asked)
    with asked.ports.ledger.begin() as tx:
        # Whatever did something has kept its answer with what it did; of two runs at once the first one's is said.
        if tx.answers.keep(asked.subject, asked.slot, answer) and why:
            note(tx, asked, "refused", detail=why[:300])
        return tx.answers.get(asked.subject, asked.slot) or answer


def _carry_out(spoken: Spoken, asked: Asked) -> tuple[Answer, str]:
    """The answer, and for the audit why somebody was refused; empty too for what is no command at all."""
    if isinstance(spoken, UnknownCommand):
        return Answer(replies.unknown_command(spoken, asked.config.commands), refused=True), ""
    if isinstance(spoken, BadCommand):
        return Answer(replies.bad_command(spoken), refused=True), ""
    try:
        return Answer(REACTIONS[spoken.name](spoken, asked)), ""
    except UserMistake as mistake:
        return Answer(replies.mistake(mistake), refused=True), f"{spoken.name}: {mistake.message}"
