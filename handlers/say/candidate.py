"""Brings the check of a merge queue's candidate to what the ledger says. Runs after each change of its plan."""

from dataclasses import replace

from bot.comments.candidate import candidate_check
from bot.comments.checks import PLAN, simple_plan_check
from bot.domain.subjects import Job, read_commit_key
from bot.ports.candidates import CandidateRow
from bot.ports.checks import Check, Conclusion
from bot.ports.world import Ports
from handlers.say.writing import BEGUN, Writer, prefix_of

NEEDS = ("checks:write",)


def say_candidate(job: Job, ports: Ports) -> None:
    """Say how the candidate stands. Raises TryLater when the forge is away; then it is simply run again."""
    key, head = read_commit_key(job.key)
    with ports.ledger.begin() as tx:
        known, row = tx.repositories.get(key), tx.candidates.get(key, head)
    if known is None or row is None:
        return
    with ports.forges.open(known.repository, *NEEDS) as forge:
        writer, slot = Writer(ports, forge, job.key), f"check:{PLAN}"
        said = writer.said(slot)
        check = _check(row, prefix_of(ports, known), started=said is not None)
        if check is None:
            return
        if said is None:
            writer.record(slot, BEGUN)
        writer.check(slot, replace(check, external_id="candidate"))


def _check(row: CandidateRow, prefix: str, *, started: bool) -> Check | None:
    """The candidate's check by its status; None where nothing was said and nothing has to be."""
    match row.status:
        case "planned" if row.plan is not None:
            return candidate_check(row.plan, row.unshown, prefix)
        case "planning":
            return simple_plan_check(row.head, Conclusion.RUNNING, "planning what the merge queue will merge")
        case "failed":
            text = row.error or "it could not be planned"
            return simple_plan_check(row.head, Conclusion.FAILURE, text, text)
        case "elsewhere":
            return simple_plan_check(row.head, Conclusion.SUCCESS, "not deployed from here")
        case "merged":
            return simple_plan_check(row.head, Conclusion.SUCCESS, "merged before it was planned")
        case "gone" if started:
            return simple_plan_check(row.head, Conclusion.CANCELLED, "the merge queue let go of it")
        case _ if started:
            return simple_plan_check(row.head, Conclusion.SUCCESS, "nothing here is deployed")
    return None
