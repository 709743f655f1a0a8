"""`deploy`: runs when a deployer gives the word that a merged commit waits for, or tries a failed one again."""

from dataclasses import replace

from bot.domain.commands import Command
from bot.domain.deployments import Deployment, DeploymentState, Progress, Wait
from bot.domain.errors import UserMistake
from bot.domain.subjects import look_job, say_commit_job, say_pull_job
from bot.ports.ledger import Transaction
from handlers.asking import Asked, allowed, newest_here, ruling


def give_word(command: Command, asked: Asked) -> str:
    """The word for what waits, and another attempt for what ended badly. Raises UserMistake when there is neither."""
    rows = newest_here(asked)
    wanted = [row for row in rows if not command.targets or row.target in command.targets]
    missing = [target for target in command.targets if target not in {row.target for row in wanted}]
    if missing or not wanted:
        subject = str(missing[0]) if missing else "this pull"
        raise UserMistake(f"{subject} has no deployment here", "merge it first, or name one of its targets")
    gone = [row.target for row in wanted if row.target not in asked.config.targets()]
    if gone:
        raise UserMistake(f"{gone[0]} is no longer in the config", "name the targets that are")
    allowed(command, asked, [each for row in wanted for each in ruling(asked, row)])
    with asked.ports.ledger.begin() as tx:
        if asked.first_time(tx):
            newest = [tx.deployments.get(row.id) or row for row in wanted]
            whys = [_act(command, asked, row, tx) for row in newest]
            if all(whys):
                raise UserMistake("; ".join(whys))
    return ""


def _act(command: Command, asked: Asked, row: Deployment, tx: Transaction) -> str:
    """Give one row what it lacks; why not, when there is nothing to give."""
    word = f"{command.confirmation.dangers}@{command.confirmation.plan}" if command.confirmation else ""
    newest = tx.deployments.of_target(row.repository, row.target)[-1]
    if row.state is DeploymentState.WAITING:
        wants = next((each.subject for each in row.conditions if each.wait is Wait.CONFIRMATION), "")
        if wants and word != wants:
            return f"{row.target} has to be confirmed: write deploy {row.target} --confirm {wants}"
        stopped = next((each.subject for each in row.conditions if each.wait is Wait.UNSUPPORTED), "")
        if stopped:
            return f"{row.target} is stopped by the rule {stopped}, which this version cannot judge"
        now = asked.ports.clock.now()
        tx.deployments.save(replace(row, word=asked.person.login, confirmed=word or row.confirmed, changed=now))
    elif row.state not in (DeploymentState.FAILED, DeploymentState.CANCELLED):
        return f"{row.target} is {row.state}, so nothing there waits for a word"
    elif newest.id != row.id:
        return f"{row.target} went on to {newest.commit[:7]}, and an older commit is not deployed again"
    else:
        tx.deployments.add(_again(asked, row, word))
    tx.jobs.put(look_job(row.repository, row.target))
    tx.jobs.put(say_commit_job(row.repository, row.commit))
    for number in row.pulls:
        tx.jobs.put(say_pull_job(row.repository, number))
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
