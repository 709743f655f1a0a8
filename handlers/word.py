"""`deploy`: runs when a deployer gives the word that a merged commit waits for, or tries a failed one again."""

from dataclasses import replace

from bot.domain.commands import Command
from bot.domain.deployments import Deployment, DeploymentState, Override, Progress, Wait
from bot.domain.errors import UserMistake
from bot.domain.pulls import Role
from bot.objects.redact import Redactor
from bot.ports.ledger import Transaction
from handlers.asking import Asked, allowed, due, newest_here, note, ruling


def give_word(command: Command, asked: Asked) -> str:
    """The word for what waits, and another attempt for what ended badly. Raises UserMistake when there is neither."""
    rows = newest_here(asked)
    wanted = [row for row in rows if not command.targets or row.target in command.targets]
    missing = [target for target in command.targets if target not in {row.target for row in wanted}]
    if missing or not wanted:
        subject = str(missing[0]) if missing else "this pull"
        raise UserMistake(f"{subject} has no deployment here", "merge it first, or name one of its targets")
    gone = [row.target for row in wanted if not asked.config.has(row.target)]
    if gone:
        raise UserMistake(f"{gone[0]} is no longer in the config", "name the targets that are")
    allowed(command, asked, [each for row in wanted for each in ruling(asked, row)])
    given = _override(command, asked)
    with asked.ports.ledger.begin() as tx:
        if asked.first_time(tx):
            newest = [tx.deployments.get(row.id) or row for row in wanted]
            whys = [_act(command, asked, row, (tx, given)) for row in newest]
            if all(whys):
                raise UserMistake("; ".join(whys))
    return ""


def _override(command: Command, asked: Asked) -> tuple[Override, ...]:
    """What the command overrides, if anything. Raises UserMistake for who may not, and without a reason."""
    if not command.override:
        return ()
    if asked.person.role is not Role.ADMIN:
        raise UserMistake("--override is for repository admins", f"you have {asked.person.role} here")
    if not command.reason:
        raise UserMistake("an override needs a reason", "add --reason and why, for those who read it later")
    reason = Redactor(asked.ports.fingerprint_key, asked.repository, "").text(command.reason).plain
    return (Override(Wait(command.override), asked.person.login, asked.event.comment, reason),)


def _act(command: Command, asked: Asked, row: Deployment, into: tuple[Transaction, tuple[Override, ...]]) -> str:
    """Give one row what it lacks; why not, when there is nothing to give."""
    tx, given = into
    word = f"{command.confirmation.dangers}@{command.confirmation.plan}" if command.confirmation else ""
    newest = tx.deployments.of_target(row.repository, row.target)[-1]
    if row.state is DeploymentState.WAITING:
        if why := _lacks_more(asked, row, word):
            return why
        kept = row.word if row.word and asked.person.role is not Role.ADMIN else ""  # an admin's word stays theirs
        said = replace(
            row, word=kept or asked.person.login, confirmed=word or row.confirmed, overrides=(*row.overrides, *given)
        )
        tx.deployments.save(replace(said, changed=asked.ports.clock.now()))
    elif row.state not in (DeploymentState.FAILED, DeploymentState.CANCELLED):
        return f"{row.target} is {row.state}, so nothing there waits for a word"
    elif newest.id != row.id:
        return f"{row.target} went on to {newest.commit[:7]}, and an older commit is not deployed again"
    else:
        tx.deployments.add(replace(_again(asked, row, word), overrides=given))
    note(tx, asked, "word", str(row.target), " ".join(filter(None, (row.commit, word))))
    for each in given:
        note(tx, asked, "override", str(row.target), f"{each.wait} of {row.commit}: {each.reason}")
    due(tx, row)
    return ""


def _lacks_more(asked: Asked, row: Deployment, word: str) -> str:
    """What this word is not enough for, empty when it is."""
    for each in row.conditions:
        if each.wait is Wait.CONFIRMATION and word != each.subject:
            return f"{row.target} has to be confirmed: write deploy {row.target} --confirm {each.subject}"
        if each.wait is Wait.NEVER:
            return f"{row.target} is never deployed: its environment says deploy: never"
        if each.wait is Wait.ADMIN and asked.person.role is not Role.ADMIN:
            return f"{row.target} has no rules from before, so a repository admin has to say deploy"
    return ""


def _again(asked: Asked, row: Deployment, word: str) -> Deployment:
    """Another attempt at a deployment that ended badly."""
    return replace(
        row,
        id=0,
        attempt=row.attempt + 1,
        state=DeploymentState.WAITING,
        conditions=(),
        progress=Progress(),
        reason="",
        word=asked.person.login,
        confirmed=word,
        started=0.0,
        changed=asked.ports.clock.now(),
    )
