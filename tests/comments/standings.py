"""Deployments as they come up in practice; each has its golden file in `fixtures/comments`."""

from bot.domain.deployments import Condition, Deployment, DeploymentState, Progress, Wait
from bot.domain.removals import Kept, Stays
from bot.domain.subjects import Target
from tests.comments.samples import BASE, CACHE, HEAD, NEXT, QUEUE, WEB


def deployment(name: str, state: DeploymentState, **more: object) -> Deployment:
    """A deployment of the head to a target."""
    facts: dict[str, object] = {"pulls": (12,), "changed": 1000.0, "base": BASE, **more}
    return Deployment(1, "github:12", Target.parse(name), HEAD, 1, 1, state, **facts)  # type: ignore[arg-type]


_S = DeploymentState
DEPLOYMENTS: dict[str, tuple[Deployment, ...]] = {
    "deployment-waiting": (
        deployment("staging/web", _S.CONFIRMING),
        deployment("prod/web", _S.WAITING, conditions=(Condition(Wait.ORDER, "staging/web"),)),
        deployment("prod/api", _S.WAITING, conditions=(Condition(Wait.WORD),)),
        deployment(
            "prod/db",
            _S.WAITING,
            conditions=(Condition(Wait.CONFIRMATION, "2@7c41ab09"),),
            progress=Progress(not_as_planned=(f"delete {CACHE}", f"takeover {QUEUE}")),
        ),
    ),
    "deployment-applying": (
        deployment("staging/web", _S.HEALTHY, progress=Progress(6, 6)),
        deployment("prod/web", _S.APPLYING, progress=Progress(2, 6, 1), started=900.0),
    ),
    "deployment-settling": (
        deployment(
            "prod/web",
            _S.SETTLING,
            started=900.0,
            progress=Progress(
                5, 6, 2, waits_for=(f"{WEB}: 1 of 3 replicas available, container web waits: ImagePullBackOff",)
            ),
        ),
    ),
    "deployment-healthy": (
        deployment("staging/web", _S.HEALTHY, progress=Progress(6, 6)),
        deployment("prod/web", _S.HEALTHY, progress=Progress(6, 6, kept=(Kept(CACHE, Stays.UNSEEN),)), word="ana"),
    ),
    "deployment-failed": (
        deployment("staging/web", _S.HEALTHY, progress=Progress(6, 6)),
        deployment(
            "prod/web",
            _S.FAILED,
            started=900.0,
            progress=Progress(4, 6, 2),
            reason=f"{WEB}: container web exits with code 1 again and again (CrashLoopBackOff)",
        ),
        deployment("prod/api", _S.CANCELLED),
    ),
    "deployment-superseded": (
        deployment("prod/web", _S.SUPERSEDED, reason=NEXT),
        deployment("staging/web", _S.HEALTHY, progress=Progress(6, 6)),
    ),
}
"""By the name of the golden file."""
