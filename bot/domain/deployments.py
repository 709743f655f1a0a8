"""A deployment: one commit being delivered to one target, its states, and which may follow which (DESIGN §7)."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.removals import Kept
from bot.domain.subjects import Target
from bot.objects.identity import ObjectKey


class DeploymentState(StrEnum):
    """Where a deployment stands."""

    WAITING = "waiting"
    CONFIRMING = "confirming"
    APPLYING = "applying"
    SETTLING = "settling"
    PRUNING = "pruning"
    HEALTHY = "healthy"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing follows any more."""
        return not FOLLOWS[self]


FOLLOWS: dict[DeploymentState, frozenset[DeploymentState]] = {
    DeploymentState.WAITING: frozenset(
        {DeploymentState.CONFIRMING, DeploymentState.SUPERSEDED, DeploymentState.CANCELLED, DeploymentState.FAILED}
    ),
    DeploymentState.CONFIRMING: frozenset(
        {
            DeploymentState.WAITING,
            DeploymentState.APPLYING,
            DeploymentState.FAILED,
            DeploymentState.SUPERSEDED,
            DeploymentState.CANCELLED,
        }
    ),
    DeploymentState.APPLYING: frozenset(
        {DeploymentState.SETTLING, DeploymentState.FAILED, DeploymentState.SUPERSEDED, DeploymentState.CANCELLED}
    ),
    DeploymentState.SETTLING: frozenset(
        {
            DeploymentState.APPLYING,
            DeploymentState.PRUNING,
            DeploymentState.HEALTHY,
            DeploymentState.FAILED,
            DeploymentState.SUPERSEDED,
            DeploymentState.CANCELLED,
        }
    ),
    DeploymentState.PRUNING: frozenset(
        {DeploymentState.HEALTHY, DeploymentState.FAILED, DeploymentState.SUPERSEDED, DeploymentState.CANCELLED}
    ),
    DeploymentState.HEALTHY: frozenset(),
    DeploymentState.FAILED: frozenset(),
    DeploymentState.SUPERSEDED: frozenset(),
    DeploymentState.CANCELLED: frozenset(),
}


class Wait(StrEnum):
    """What a waiting deployment waits for."""

    NEVER = "never"
    WORD = "word"
    ADMIN = "admin"
    APPROVALS = "approvals"
    HOLD = "hold"
    LOCK = "lock"
    WINDOW = "window"
    ORDER = "order"
    HISTORY = "history"
    CONFIRMATION = "confirmation"
    NAMESPACE = "namespace"
    CLUSTER = "cluster"


LEAVING = "leaving"
"""What `more` says of a namespace that is still there and being deleted."""

OVERRIDES = (Wait.WINDOW, Wait.ORDER, Wait.APPROVALS, Wait.HISTORY)
"""What a repository admin may override, with a reason."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One unmet condition. `subject` is what it waits for: a target, `N@PLAN` to confirm, a namespace, a cluster, a
    pull (`#12`), a locked place, the time a window opens; `more` is what else a person wants to know of it, `who` who
    can meet it.

    All three are plain text, partly of people's making.
    """

    wait: Wait
    subject: str = ""
    more: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class Override:
    """A repository admin's word that one condition need not hold, said in a comment with a reason (redacted text)."""

    wait: Wait
    login: str
    comment: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: objects done and in all, and what is not healthy yet (redacted text).

    wave counts the steps that its objects come in when put in order, from 0, whatever their `plumbline.dev/wave` says.

    since is when the wave's time to become healthy, or to be gone, began, in seconds since the epoch. `asked` are the
    dangers that a person was last asked to confirm; `removals` and `replacing` what may be deleted, and made again,
    after people saw it; `removed` is gone, and `kept` is what Git no longer has and stays. `log` are the last lines
    of a container that failed (redacted, and only where the operator lets them be shown). `installs` says that nothing
    of the target was there before.
    """

    done: int = 0
    total: int = 0
    wave: int = 0
    since: float = 0.0
    not_as_planned: tuple[str, ...] = ()
    waits_for: tuple[str, ...] = ()
    taken_over: tuple[str, ...] = ()
    log: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    removals: tuple[ObjectKey, ...] = ()
    replacing: tuple[ObjectKey, ...] = ()
    removed: tuple[ObjectKey, ...] = ()
    kept: tuple[Kept, ...] = ()
    installs: bool = False


@dataclass(frozen=True, slots=True)
class Deployment:
    """One row. `seq` orders the deployments of a target, `base` is the commit that ran healthily before it, if any.

    Its range are the commits after `since`. `pulls` are the numbers of the pulls in it that changed the target, `heads`
    what each of them merged, in the same order; `direct` says that a commit without a pull changed it too. `rulers` are
    the commits whose rules judge each pull, in the same order, and `direct_rulers` those that judge what came without
    one: the commits before each of these changes, empty where there was none. `undone` are pulls of the range that
    cancel out: one and its exact reversal.
    started and changed are seconds since the epoch; `reason` says why it failed or was superseded (already redacted
    text); `word` is who gave the word it needed, if anyone had to. `rollback`: it goes back to what ran healthily, at
    once, and neither deletes nor replaces anything.
    """

    id: int
    repository: str
    target: Target
    commit: str
    attempt: int
    seq: int
    state: DeploymentState
    base: str = ""
    since: str = ""
    pulls: tuple[int, ...] = ()
    heads: tuple[str, ...] = ()
    direct: bool = False
    rulers: tuple[str, ...] = ()
    direct_rulers: tuple[str, ...] = ()
    undone: tuple[int, ...] = ()
    conditions: tuple[Condition, ...] = ()
    progress: Progress = Progress()
    reason: str = ""
    word: str = ""
    confirmed: str = ""
    overrides: tuple[Override, ...] = ()
    rollback: bool = False
    started: float = 0.0
    changed: float = 0.0

    @property
    def repeats(self) -> bool:
        """Whether it delivers once more what ran healthily already: its range is empty, so it brings no change."""
        return self.since == self.commit


def may_follow(before: DeploymentState, after: DeploymentState) -> bool:
    """Whether a deployment may go from one state to the other; staying is always allowed unless it has ended."""
    return after in FOLLOWS[before] or (before is after and not before.ended)
