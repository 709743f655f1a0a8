"""What the checks `plumbline/plan` and `plumbline/deploy/<environment>` say, and forge deployments beside them."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from bot.comments.deployment import Standing, deployment_comment, needs_a_person, verdict
from bot.comments.markdown import worded
from bot.comments.phrases import PREFIX
from bot.comments.plan import About, plan_comment
from bot.comments.tally import verdict as plan_verdict
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.plans import Finding, Level, Plan, TargetPlan, TargetState
from bot.objects.redact import Redacted, inert
from bot.ports.checks import Annotation, Check, Conclusion
from bot.ports.forge_deployments import ForgeDeploymentState
from bot.ports.ledger import Mistake

PLAN = "plumbline/plan"
DEPLOY = "plumbline/deploy/"
PATIENCE = 24 * 3600.0
TEXTS = 2
"""A check takes a summary and a text, each as long as a comment."""
_ANNOTATIONS = 100
_MESSAGE = 4000
_LEVELS = {Level.NOTE: "notice", Level.WARN: "warning", Level.BLOCK: "failure"}
_MOVING = (DeploymentState.CONFIRMING, DeploymentState.APPLYING, DeploymentState.SETTLING, DeploymentState.PRUNING)


def plan_check(plan: Plan, commit: str, prefix: str = PREFIX, accepted: Collection[str] = ()) -> Check:
    """The check of a finished plan: failure when a row could not be planned, action_required for block findings until a
    deployer has `accepted` each of them."""
    blocked = any(each not in accepted for each in plan.blocks)
    good = Conclusion.ACTION_REQUIRED if blocked else Conclusion.SUCCESS
    conclusion = Conclusion.FAILURE if plan.failed else good
    title = plan_verdict(plan)
    parts = plan_comment(plan, About(plan.head, prefix), TEXTS)
    summary, text = _split(parts)
    return Check(PLAN, commit, conclusion, title, summary, text, annotations=_annotations(plan))


def simple_plan_check(commit: str, conclusion: Conclusion, title: str, summary: str = "") -> Check:
    """The check when there is no plan: running, silent, failed, elsewhere, a fork. Texts are plain and redacted."""
    first = title.split("\n", 1)[0]
    return Check(PLAN, commit, conclusion, inert(first, 200).plain, worded(inert(summary or title, 4000)))


def failed_plan_check(commit: str, error: str, mistakes: Sequence[Mistake]) -> Check:
    """The check when nothing could be planned, with what is wrong at its places."""
    check = simple_plan_check(commit, Conclusion.FAILURE, error, error)
    marks = [
        Annotation(m.file, max(m.line, 1), "failure", "could not be planned", inert(m.text).plain) for m in mistakes
    ]
    return replace(check, annotations=tuple(dict.fromkeys(marks)))


def deploy_check(environment: str, rows: Sequence[Deployment], now: float, prefix: str = PREFIX) -> Check:
    """The check of a commit in one environment: the sum of its targets' newest deployments there, of which is one at
    least. now is in seconds since the epoch."""
    conclusion = _sum(rows, now)
    summary, text = _split(deployment_comment([Standing(row) for row in rows], prefix, TEXTS))
    return Check(f"{DEPLOY}{environment}", rows[0].commit, conclusion, verdict(rows), summary, text)


def deploy_status(rows: Sequence[Deployment]) -> tuple[ForgeDeploymentState, str]:
    """The forge deployment of a commit in one environment, and a short plain description.

    It has no running figures in it: a status cannot be rewritten, every change adds one.
    """
    states = {row.state for row in rows}
    if DeploymentState.FAILED in states:
        return ForgeDeploymentState.FAILURE, verdict(rows)
    if states & {*_MOVING}:
        return ForgeDeploymentState.IN_PROGRESS, "deploying"
    if DeploymentState.WAITING in states:
        return ForgeDeploymentState.QUEUED, "waiting"
    if states == {DeploymentState.HEALTHY}:
        return ForgeDeploymentState.SUCCESS, verdict(rows)
    return ForgeDeploymentState.INACTIVE, verdict(rows)


def _sum(rows: Sequence[Deployment], now: float) -> Conclusion:
    """DESIGN §5.3: any failed is failure; only a person can help, or a day without an end, is action_required."""
    states = {row.state for row in rows}
    if DeploymentState.FAILED in states:
        return Conclusion.FAILURE
    open_rows = [row for row in rows if not row.state.ended]
    if open_rows:
        only_people = all(needs_a_person(row) for row in open_rows)
        late = min(row.changed for row in open_rows) + PATIENCE < now
        return Conclusion.ACTION_REQUIRED if only_people or late else Conclusion.RUNNING
    if DeploymentState.CANCELLED in states:
        return Conclusion.CANCELLED
    return Conclusion.NEUTRAL if DeploymentState.SUPERSEDED in states else Conclusion.SUCCESS


def _split(parts: Sequence[str]) -> tuple[str, str]:
    return parts[0], parts[1] if len(parts) > 1 else ""


def _annotations(plan: Plan) -> tuple[Annotation, ...]:
    found = [_annotation(finding) for finding in plan.findings if finding.file]
    for row in plan.targets:
        found += [_error(row)] if row.error_file and row.error else []
        found += [_annotation(finding, row) for finding in row.findings if finding.file]
    return tuple(dict.fromkeys(found))[:_ANNOTATIONS]


def _error(row: TargetPlan) -> Annotation:
    words = "not checked" if row.state is TargetState.UNCHECKED else "could not be planned"
    level = "warning" if row.state is TargetState.UNCHECKED else "failure"
    title = inert(f"{row.target} {words}", 200).plain
    return Annotation(row.error_file, max(row.error_line, 1), level, title, _plain(row.error))


def _annotation(finding: Finding, row: TargetPlan | None = None) -> Annotation:
    title = inert(f"{row.target}: {finding.rule}" if row else finding.rule, 200).plain
    return Annotation(finding.file, max(finding.line, 1), _LEVELS[finding.level], title, _plain(finding.message))


def _plain(text: Redacted | None) -> str:
    return (text.plain if text else "")[:_MESSAGE] or "-"
