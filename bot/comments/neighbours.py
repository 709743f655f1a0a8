"""What a plan comment says of what happens beside the pull: its base moved on, other pulls change the same targets."""

from collections import defaultdict
from collections.abc import Sequence

from bot.comments.markdown import counted, label, listed
from bot.domain.subjects import Target
from bot.objects.redact import inert

_NAMED = 3


def overtaken(tip: str) -> str:
    """The base branch moved to this commit, so that the plan may not be true any more."""
    commit = f"<code>{inert(tip[:7]).text}</code>"
    return f"The base branch has moved to {commit}, which touches the same targets. This plan is made again by itself."


def also_changed(also: Sequence[tuple[Target, int]]) -> str:
    """Which targets other open pulls change too, those with the same neighbours together; empty when there are none."""
    numbers: dict[Target, list[int]] = defaultdict(list)
    for target, number in also:
        numbers[target].append(number)
    alike: dict[tuple[int, ...], list[Target]] = defaultdict(list)
    for target, found in numbers.items():
        alike[tuple(found)].append(target)
    said = [f"{_targets(targets)} by {listed([f'#{number}' for number in found])}" for found, targets in alike.items()]
    more = f"; and {counted(len(said) - _NAMED, 'more group')}" if len(said) > _NAMED else ""
    return f"Also changed: {'; '.join(said[:_NAMED])}{more}." if said else ""


def _targets(targets: Sequence[Target]) -> str:
    if len(targets) > _NAMED:
        return counted(len(targets), "target")
    return listed([f"**{label(str(target))}**" for target in targets])
