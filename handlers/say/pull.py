"""Brings a pull's comments and its check to what the ledger says. Runs after each change of its plan or deployments."""

from dataclasses import dataclass, replace

from bot.comments.checks import PLAN, failed_plan_check, plan_check, simple_plan_check
from bot.comments.deployment import Standing, deployment_comment
from bot.comments.plan import (
    About,
    elsewhere_comment,
    failed_comment,
    fork_comment,
    nothing_comment,
    plan_comment,
    planning_comment,
)
from bot.comments.replies import failed_notice
from bot.domain.approvals import accepted
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.pulls import Repository
from bot.domain.subjects import Job, Target, commit_key, pull_key, read_pull_key, say_commit_job, say_pull_job
from bot.ports.checks import Check, Conclusion
from bot.ports.forge import Forge
from bot.ports.ledger import POSTED, PullRow, Said, Transaction, posted
from bot.ports.world import Ports
from handlers.say.writing import BEGUN, Writer, prefix_of

NEEDS = ("pull_requests:write", "checks:write")
COMMENT_NEEDS = ("pull_requests:write", "issues:write")
PLAN_SLOT, DEPLOYMENT_SLOT, FAILED_SLOT, CHECK_SLOT = "plan", "deployment", "failed", "check:"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledger knows of a pull right now."""

    repository: Repository
    row: PullRow
    also: tuple[tuple[Target, int], ...]
    standings: tuple[Standing, ...]
    prefix: str
    accepted: frozenset[str] = frozenset()


def say_pull(job: Job, ports: Ports) -> None:
    """Say the newest facts about a pull. Raises TryLater when the forge is away; then it is simply run again."""
    key, number = read_pull_key(job.key)
    facts = _facts(ports, key, number)
    if facts is None:
        return
    with ports.forges.open(facts.repository, *NEEDS) as forge:
        writer = Writer(ports, forge, job.key)
        page = _say_check(writer, forge, facts)
        again = not facts.row.allowed
        about = About(facts.row.head, facts.prefix, page, facts.row.stale, facts.also, again=again)
        _say_plan(writer, facts.row, about)
        if facts.row.status == "planned" and facts.row.plan is not None:
            writer.record(POSTED, Said(0, posted(facts.row.plan)))
        if facts.standings:
            writer.comment(number, DEPLOYMENT_SLOT, deployment_comment(facts.standings, facts.prefix))
            _say_failed(writer, facts)


def _say_failed(writer: Writer, facts: Facts) -> None:
    """Tell the author once that a deployment failed: a rewritten comment mentions nobody anew."""
    failed = [each.row for each in facts.standings if each.row.state is DeploymentState.FAILED and each.newer is None]
    if failed and not writer.slots(f"{FAILED_SLOT}:"):
        writer.comment(facts.row.number, FAILED_SLOT, [failed_notice(failed, facts.row.author)])


def reply(ports: Ports, subject: tuple[Repository, int], slot: str, text: str) -> None:
    """Write one short answer under a pull (repository and number), never twice for the same slot."""
    repository, number = subject
    with ports.forges.open(repository, *COMMENT_NEEDS) as forge:
        Writer(ports, forge, pull_key(repository.key, number)).comment(number, slot, [text])


def check_asked_again(tx: Transaction, repository: Repository, commit: str, numbers: list[int]) -> None:
    """Somebody pressed "re-run" on a commit's checks. The forge counts their suite as open again until they are said
    anew, even if they say the same. `numbers` are the pulls with that head."""
    subject = commit_key(repository.key, commit)
    for slot in tx.slots.under(subject):
        if slot.startswith(CHECK_SLOT):
            tx.slots.drop(subject, slot)
    tx.jobs.put(say_commit_job(repository.key, commit))
    for number in numbers:
        tx.slots.drop(pull_key(repository.key, number), f"{CHECK_SLOT}{commit}")
        tx.jobs.put(say_pull_job(repository.key, number))


def _facts(ports: Ports, key: str, number: int) -> Facts | None:
    with ports.ledger.begin() as tx:
        known, row = tx.repositories.get(key), tx.plans.get(key, number)
        if known is None or row is None:
            return None
        newest: dict[Target, Deployment] = {}
        for each in tx.deployments.of_pull(key, number):
            newest[each.target] = max(newest.get(each.target, each), each, key=lambda one: one.seq)
        standings = tuple(Standing(each, _newer(tx, each)) for each in newest.values())
        also = tuple(tx.plans.neighbours(key, number))
        yes = accepted(tx.approvals.of(key, number), row.head, known.branch)
    return Facts(known.repository, row, also, standings, prefix_of(ports, known), yes)


def _newer(tx: Transaction, row: Deployment) -> Deployment | None:
    later = [each for each in tx.deployments.of_target(row.repository, row.target) if each.seq > row.seq]
    return later[-1] if later else None


def _say_check(writer: Writer, forge: Forge, facts: Facts) -> str:
    """Bring the head's check to its state and end those of earlier heads; the address of the head's, empty if none."""
    row = facts.row
    slot = f"{CHECK_SLOT}{row.head}"
    for other in writer.slots(CHECK_SLOT):
        if other != slot:
            _end(writer, forge, other)
    said = writer.said(slot)
    check = _check(facts, started=said is not None)
    if check is None:
        return ""
    if said is None:
        writer.record(slot, BEGUN)
    return forge.checks.page(writer.check(slot, replace(check, external_id=f"pull {row.number}")))


def _end(writer: Writer, forge: Forge, slot: str) -> None:
    """An earlier head's check: ended if it still runs, then forgotten."""
    said, head = writer.said(slot), slot.removeprefix(CHECK_SLOT)
    if said is not None and said.digest.startswith(Conclusion.RUNNING.value):
        found = said.id or forge.checks.find(head, PLAN)
        if found:
            forge.checks.update(found, simple_plan_check(head, Conclusion.CANCELLED, "a newer head took its place"))
    writer.record(slot, None)


def _check(facts: Facts, *, started: bool) -> Check | None:
    """The check on a pull's head, by the plan's status; None where nothing has to be said.

    While the same head is planned again, the check keeps what it says.
    """
    row = facts.row
    plan = row.plan if row.plan is not None and row.plan.head == row.head else None
    match row.status:
        case "planned" | "planning" if plan is not None:
            return plan_check(plan, row.head, facts.prefix, facts.accepted)
        case "planning":
            return simple_plan_check(row.head, Conclusion.RUNNING, "planning")
        case "failed":
            text = row.error or "it could not be planned"
            return failed_plan_check(row.head, text, row.mistakes)
        case "elsewhere":
            return simple_plan_check(row.head, Conclusion.SUCCESS, "not deployed from here")
        case "fork":
            return simple_plan_check(
                row.head, Conclusion.ACTION_REQUIRED, "from a fork: waiting for somebody's ok-to-plan"
            )
        case _ if started:
            words = "merged before it was planned" if row.merged_as else "nothing here is deployed"
            return simple_plan_check(row.head, Conclusion.SUCCESS, words)
    return None


def _say_plan(writer: Writer, row: PullRow, about: About) -> None:
    there = bool(writer.slots(f"{PLAN_SLOT}:"))
    parts = _plan_parts(row, about, there)
    if parts:
        writer.comment(row.number, PLAN_SLOT, parts)


def _plan_parts(row: PullRow, about: About, there: bool) -> list[str]:
    """The plan comment by the plan's status; empty where there is none and none has to be made."""
    match row.status:
        case "planned" if row.plan is not None:
            return plan_comment(row.plan, about)
        case "failed":
            return failed_comment(row.error, about)
        case "fork":
            return fork_comment(about)
        case _ if not there:
            return []
        case "planning":
            return planning_comment(row.plan, about)
        case "elsewhere":
            return elsewhere_comment("", about)
        case _ if row.merged_as and row.plan is not None:
            return plan_comment(row.plan, about)
    return nothing_comment(about)
