"""Brings a commit's checks and forge deployments to what the ledger says. Runs after each change of a deployment."""

from collections.abc import Sequence

from bot.comments.checks import DEPLOY, PLAN, deploy_check, deploy_status, plan_check
from bot.domain.approvals import accepted
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.errors import UserMistake
from bot.domain.plans import Plan
from bot.domain.subjects import Job, Target, commit_key, look_job, read_commit_key, say_commit_job
from bot.planning.configs import config_at
from bot.ports.ledger import ISSUE, POSTED, KnownRepository, Said, posted
from bot.ports.world import Ports
from handlers.say.issue import say_issue
from handlers.say.writing import Writer, prefix_of

NEEDS = ("checks:write", "deployments:write", "issues:write")
REST_AFTER = 2.0


def say_commit(job: Job, ports: Ports) -> None:
    """Say the newest facts about a commit. Raises TryLater when the forge is away; then it is simply run again."""
    key, commit = read_commit_key(job.key)
    with ports.ledger.begin() as tx:
        known, plan = tx.repositories.get(key), tx.plans.of_commit(key, commit)
        rows = tx.deployments.of_commit(key, commit)
    if known is not None and (plan is not None or rows):
        _say(job.key, ports, known, plan, _newest(rows))


def _say(
    subject: str, ports: Ports, known: KnownRepository, plan: Plan | None, environments: dict[str, list[Deployment]]
) -> None:
    commit, prefix = read_commit_key(subject)[1], prefix_of(ports, known)
    with ports.forges.open(known.repository, *NEEDS) as forge:
        writer = Writer(ports, forge, subject)
        if plan is not None:
            written = writer.check(f"check:{PLAN}", plan_check(plan, commit, prefix, _accepted(ports, known, commit)))
            if _awaited(ports, subject, Said(written, posted(plan)), environments):
                return
        for environment, rows in sorted(environments.items()):
            writer.check(f"check:{DEPLOY}{environment}", deploy_check(environment, rows, ports.clock.now(), prefix))
            status = *deploy_status(rows), _address(ports, known, rows)
            writer.deployment(f"deployment:{environment}", (commit, environment), status)
        if environments:
            say_issue(ports, forge, [row for rows in environments.values() for row in rows], prefix)


def _accepted(ports: Ports, known: KnownRepository, commit: str) -> frozenset[str]:
    """What deployers accepted of its plan, in the commit's own issue."""
    key = known.repository.key
    with ports.ledger.begin() as tx:
        said = tx.slots.get(commit_key(key, commit), ISSUE)
        return accepted(tx.approvals.of(key, said.id), commit, known.branch) if said else frozenset()


def _address(ports: Ports, known: KnownRepository, rows: Sequence[Deployment]) -> str:
    """Where a person can look at what was deployed: the environment's `url`, if all of its targets here have the same
    one. Empty without, and while the rules cannot be read."""
    try:
        config = config_at(ports.workspace, known.repository, known.tip) if known.tip else None
    except UserMistake:
        return ""
    targets = config.targets() if config else ()
    found = {config.environment(row.target).url for row in rows if config and row.target in targets}
    return found.pop() if len(found) == 1 else ""


def _awaited(ports: Ports, subject: str, said: Said, environments: dict[str, list[Deployment]]) -> bool:
    """Note which plan stands on the commit, and wake the deployments that waited for it. Whether there were any: then
    the rest is said a little later, since a forge takes few writes a minute and the next plan may be waited for too."""
    waiting = [row for rows in environments.values() for row in rows if row.state is DeploymentState.CONFIRMING]
    with ports.ledger.begin() as tx:
        if tx.slots.get(subject, POSTED) == said:
            return False
        tx.slots.put(subject, POSTED, said)
        for row in waiting:
            tx.jobs.put(look_job(row.repository, row.target))
            tx.jobs.put(say_commit_job(row.repository, row.commit), REST_AFTER)
    return bool(waiting)


def _newest(rows: Sequence[Deployment]) -> dict[str, list[Deployment]]:
    """The newest attempt of each target, by environment."""
    newest: dict[Target, Deployment] = {}
    for row in rows:
        newest[row.target] = max(newest.get(row.target, row), row, key=lambda each: each.seq)
    found: dict[str, list[Deployment]] = {}
    for target in sorted(newest):
        found.setdefault(target.environment, []).append(newest[target])
    return found
