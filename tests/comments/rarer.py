"""Plans that come up more rarely: takeovers, changes of rules, and one that is far too long for a comment."""

from bot.domain.plans import LOOSER, Cause, Change, Finding, Level, Plan, Verb
from bot.objects.identity import ObjectKey
from bot.objects.redact import inert
from tests.comments.samples import CACHE, QUEUE, WEB, WEB_UPDATE, field, plan, row

RARER: dict[str, Plan] = {
    "plan-takeover": plan(
        row(
            "prod/web",
            Change(
                QUEUE,
                Verb.TAKEOVER,
                (
                    field("spec.schedule", "0 3 * * *", "0 4 * * *", Cause.TAKEN_OVER, "helm"),
                    field("spec.suspend", None, False, Cause.DEFAULT),
                ),
            ),
            Change(WEB, Verb.TAKEOVER, (field("spec.replicas", 3, 5, Cause.TAKEN_OVER, "argocd-controller"),)),
            findings=(
                Finding(
                    Level.BLOCK,
                    "kept-by-another-tool",
                    inert(
                        "belongs to Argo CD (shop), which writes it again: make it let go first, with "
                        "`argocd app delete shop --cascade=false`, then "
                        "`kubectl label deployment.apps/web -n shop argocd.argoproj.io/instance-`"
                    ),
                    WEB,
                ),
                Finding(
                    Level.WARN,
                    "kept-by-another-tool",
                    inert(
                        "belongs to Helm (release web), which may write it again: to make it let go, run "
                        "`kubectl delete secret -n shop -l owner=helm,name=web`, then "
                        "`kubectl annotate cronjob.batch/sweep -n shop meta.helm.sh/release-name-`"
                    ),
                    QUEUE,
                ),
            ),
        ),
    ),
    "plan-rules": plan(
        row("prod/web", WEB_UPDATE),
        findings=(
            Finding(
                Level.BLOCK,
                LOOSER,
                inert("1 → 0 once merged, which asks for less: a deployer has to approve it"),
                field="prod.approvals",
                file=".plumbline.yaml",
            ),
            Finding(
                Level.NOTE,
                "rule-change",
                inert("none → staging once merged"),
                field="prod.after",
                file=".plumbline.yaml",
            ),
            Finding(
                Level.NOTE,
                "without-effect",
                inert("`drift: heal` is read, and changes nothing in this version"),
                field="staging",
                file=".plumbline.yaml",
            ),
        ),
    ),
}
"""By the name of the golden file."""


def huge(objects: int = 700, fields: int = 20) -> Plan:
    """A plan of some 3 MB: settings of many objects in three environments, and two claims that go."""
    changes = [
        Change(
            ObjectKey("", "ConfigMap", "shop", f"settings-{at:03}"),
            Verb.UPDATE,
            tuple(
                field(f"data[key-{at}-{n}]", f"{at} before " + "a" * 30, f"{at} after " + "b" * 30)
                for n in range(fields)
            ),
        )
        for at in range(objects)
    ]
    some = len(changes) // 3
    return plan(
        row("prod/web", *changes[:some], Change(CACHE, Verb.DELETE, (field("spec.storageClassName", "fast", None),))),
        row("staging/web", *changes[some : 2 * some]),
        row("test/web", *changes[2 * some :]),
    )
