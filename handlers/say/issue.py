"""Brings the issue of a commit that came without a pull to what the ledger says, where a person's word is missing."""

import hashlib
from collections.abc import Sequence

from bot.comments.issue import commit_issue
from bot.comments.marker import has_marker, marked, marker
from bot.domain.deployments import Deployment, DeploymentState, Wait
from bot.domain.subjects import commit_key, commit_plan_job, pull_key
from bot.ports.forge import Forge
from bot.ports.ledger import ISSUE, Said
from bot.ports.world import Ports

NEEDS = ("issues:write",)
_WORDS = (Wait.WORD, Wait.ADMIN, Wait.CONFIRMATION, Wait.HISTORY, Wait.WINDOW, Wait.LOCK)


def say_issue(ports: Ports, forge: Forge, rows: Sequence[Deployment], prefix: str) -> None:
    """Open the issue where somebody has to speak, keep it up to date, and close it once all has ended. It shows the
    plan, which is made for it where there is none yet.

    rows are a commit's newest deployments, one at least. Raises TryLater.
    """
    subject = commit_key(rows[0].repository, rows[0].commit)
    asking = [row for row in rows if _needs_one(row)]
    with ports.ledger.begin() as tx:
        said, plan = tx.slots.get(subject, ISSUE), tx.plans.of_commit(rows[0].repository, rows[0].commit)
        unseen = plan is None or not {row.target for row in asking} <= {each.target for each in plan.targets}
        if asking and unseen:
            tx.jobs.put(commit_plan_job(rows[0].repository, rows[0].commit))
    if said is None and (unseen or not asking):
        return
    title, text = commit_issue(rows, plan, prefix)
    line = marker(ports.fingerprint_key, forge.repository, 0, f"issue-{rows[0].commit}", 1)
    body, going_on = marked(line, text), any(not row.state.ended for row in rows)
    digest = hashlib.sha256(f"{going_on} {body}".encode(errors="replace")).hexdigest()[:32]
    if said is not None and said.digest == digest:
        return
    number = (
        said.id
        if said is not None
        else next((each.number for each in forge.issues.ours() if has_marker(line, each.body)), 0)
    )
    if not number or not forge.issues.edit(number, body, open=going_on):
        number = forge.issues.create(title, body)
    with ports.ledger.begin() as tx:
        tx.slots.put(subject, ISSUE, Said(number, digest))
        tx.slots.put(pull_key(rows[0].repository, number), ISSUE, Said(0, rows[0].commit))


def _needs_one(row: Deployment) -> bool:
    """Whether somebody has to speak about the commit and has no pull to do it on."""
    if row.state is not DeploymentState.WAITING:
        return False
    own = any(each.wait is Wait.APPROVALS and not each.subject.startswith("#") for each in row.conditions)
    return own or (not row.pulls and any(each.wait in _WORDS for each in row.conditions))
