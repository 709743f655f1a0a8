"""What `plumbline/plan` says on a merge queue's candidate."""

from collections.abc import Sequence
from dataclasses import replace

from bot.comments.checks import plan_check
from bot.comments.markdown import alert, counted, prose
from bot.comments.phrases import PREFIX
from bot.domain.plans import Plan
from bot.objects.redact import inert
from bot.ports.checks import Check, Conclusion

_NAMED = 10


def candidate_check(plan: Plan, unshown: Sequence[str], prefix: str = PREFIX) -> Check:
    """The check of a planned candidate. Whoever merged saw its pulls' plans: it fails when it could not be planned, or
    when it has dangers beyond theirs (plain text, one each). Nobody can accept anything on a candidate, so nothing
    waits for a person's word there."""
    check = plan_check(plan, plan.head, prefix)
    if plan.failed:
        return replace(check, conclusion=Conclusion.FAILURE)
    if not unshown:
        return replace(check, conclusion=Conclusion.SUCCESS)
    number = counted(len(unshown), "danger")
    said = (
        "Together with what is merged before it, this does more than the plans of its pulls showed. Take the pull out "
    )
    said += "of the queue, let it be planned on the new base, and look at it again."
    named = [prose(inert(each, 200)) for each in unshown[:_NAMED]]
    more = [f"and {len(unshown) - _NAMED} more"] if len(unshown) > _NAMED else []
    summary = f"{said}\n\n{alert('CAUTION', [*named, *more])}\n\n{check.summary}"
    title = f"{number} that no pull showed"
    return replace(check, conclusion=Conclusion.FAILURE, title=title, summary=summary)
