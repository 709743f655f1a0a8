"""Plans and deployments as they come up in practice; each has its golden file in `fixtures/comments`."""

from bot.domain.plans import (
    Cause,
    Change,
    Drifted,
    DriftedField,
    Field,
    Finding,
    Level,
    Line,
    Plan,
    TargetPlan,
    TargetState,
    Verb,
)
from bot.domain.subjects import Target
from bot.objects.identity import ObjectKey
from bot.objects.redact import Redacted, Redactor, inert

HEAD, BASE = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d", "9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c"
NEXT = "c2c2c2c2d5e6f708192a3b4c5d6e7f8091a2b3c4"
DIGEST = "7c41ab09" * 8
REDACTOR = Redactor(b"0123456789abcdef", "github:12", "prod")

WEB = ObjectKey("apps", "Deployment", "shop", "web")
SETTINGS = ObjectKey("", "ConfigMap", "shop", "web-settings")
TOKEN = ObjectKey("", "Secret", "shop", "web-token")
CACHE = ObjectKey("", "PersistentVolumeClaim", "shop", "cache")
SERVICE = ObjectKey("", "Service", "shop", "web")
QUEUE = ObjectKey("batch", "CronJob", "shop", "sweep")


def value(text: object, key: ObjectKey = WEB, path: tuple[str, ...] = ("spec",)) -> Redacted:
    """A value as planning would hand it over."""
    return REDACTOR.value(key, path, text)


def field(path: str, before: object, after: object, cause: Cause = Cause.GIT, owner: str = "") -> Field:
    """A changed field; None where a side has none."""
    return Field(path, None if before is None else value(before), None if after is None else value(after), cause, owner)


IMAGE = field(
    "spec.template.spec.containers[web].image", "registry.acme.io/shop/web:1.4.0", "registry.acme.io/shop/web:1.5.0"
)
WEB_UPDATE = Change(WEB, Verb.UPDATE, (IMAGE, field("spec.replicas", 3, 5)))
SETTINGS_UPDATE = Change(SETTINGS, Verb.UPDATE, (field("data[LOG_LEVEL]", "info", "debug"),))
SERVICE_CREATE = Change(
    SERVICE,
    Verb.CREATE,
    (
        field("spec.ports[80]", None, {"port": 80, "targetPort": 8080}),
        field("spec.selector", None, {"app": "web"}),
    ),
)


def row(name: str, *changes: Change, **more: object) -> TargetPlan:
    """A target whose own changes are all that is written."""
    state = TargetState.CHANGES if changes else TargetState.UNCHANGED
    facts: dict[str, object] = {"state": state, "changes": changes, "writes": changes, **more}
    return TargetPlan(Target.parse(name), **facts)  # type: ignore[arg-type]


def plan(*rows: TargetPlan, **more: object) -> Plan:
    """A plan of these rows."""
    return Plan(HEAD, BASE, DIGEST, tuple(sorted(rows, key=lambda each: each.target)), 1.84, **more)  # type: ignore[arg-type]


DRIFT = Drifted(
    WEB,
    (
        DriftedField("spec.replicas", value(5), value(3), "kubectl-edit", "2026-11-22T10:04:31Z"),
        DriftedField("spec.template.metadata.annotations[team]", None, value("shop"), "", ""),
    ),
)

FROM_FORK = "it comes from a fork, so no cluster is asked before it is merged"
AWAY = "cluster prod did not answer within 10 s"
REGIONS = [f"{region}{number}" for region in ("ap", "eu", "us", "sa", "af") for number in range(1, 11)]
PLANS: dict[str, Plan] = {
    "plan-fifty": plan(
        *(row(f"{region}/agent", WEB_UPDATE, SETTINGS_UPDATE) for region in REGIONS),
        row("eu0/agent", WEB_UPDATE, writes=(WEB_UPDATE,), drifted=(DRIFT,)),
        row("us0/agent", WEB_UPDATE, SETTINGS_UPDATE, writes=(WEB_UPDATE, SETTINGS_UPDATE, Change(CACHE, Verb.DELETE))),
    ),
    "plan-unchecked": plan(
        row("prod/web", WEB_UPDATE, state=TargetState.UNCHECKED, error=inert(AWAY)), row("staging/web", WEB_UPDATE)
    ),
    "plan-from-fork": plan(
        *(
            row(f"{name}/web", WEB_UPDATE, state=TargetState.UNCHECKED, error=inert(FROM_FORK))
            for name in ("prod", "staging")
        )
    ),
    "plan-notes": plan(
        *(
            row(
                f"{name}/web",
                WEB_UPDATE,
                findings=tuple(
                    Finding(Level.NOTE, "left", inert("no longer in Git; it is left in place"), key)
                    for key in (SERVICE, CACHE)
                ),
            )
            for name in ("prod", "staging")
        )
    ),
    "plan-change": plan(row("prod/web", WEB_UPDATE, SETTINGS_UPDATE), row("staging/api")),
    "plan-drift": plan(
        row("prod/web", SETTINGS_UPDATE, writes=(SETTINGS_UPDATE, WEB_UPDATE), drifted=(DRIFT,)),
        row("staging/web", drifted=(Drifted(SERVICE, (), gone=True),)),
    ),
    "plan-text": plan(
        row(
            "prod/web",
            Change(
                SETTINGS,
                Verb.UPDATE,
                (
                    Field(
                        "data[nginx.conf]",
                        value("a"),
                        value("b"),
                        lines=(
                            Line("@", inert("")),
                            Line(" ", inert("location / {")),
                            Line("-", inert("  proxy_pass http://web:8080;")),
                            Line("+", inert("  proxy_pass http://web:8081;")),
                            Line(" ", inert("```")),
                        ),
                    ),
                    field("metadata.labels[team]", "shop", "shop", Cause.STAYS, "kubectl-edit"),
                ),
            ),
            drifted=(
                Drifted(
                    WEB,
                    (DriftedField("spec.replicas", value(5), None, "kube-controller-manager", "", foreign=True),),
                ),
            ),
        ),
    ),
    "plan-error": plan(
        row(
            "prod/api",
            state=TargetState.ERROR,
            error=inert("mapping values are not allowed here"),
            error_file="apps/api/deploy.yaml",
            error_line=12,
        ),
        row("prod/web", SETTINGS_UPDATE),
        row(
            "staging/web",
            SETTINGS_UPDATE,
            state=TargetState.UNCHECKED,
            error=inert("the cluster staging did not answer"),
        ),
    ),
    "plan-danger": plan(
        row(
            "prod/web",
            Change(CACHE, Verb.DELETE, (field("spec.storageClassName", "fast", None),)),
            Change(WEB, Verb.REPLACE, (field("spec.selector.matchLabels.app", "web", "shop-web"),)),
            Change(QUEUE, Verb.TAKEOVER, (field("spec.schedule", "0 3 * * *", "0 4 * * *", Cause.TAKEN_OVER, "helm"),)),
            findings=(
                Finding(
                    Level.BLOCK,
                    "privileged",
                    inert("container web runs privileged"),
                    WEB,
                    "spec.template.spec.containers[web].securityContext",
                    "apps/web/deploy.yaml",
                    41,
                ),
                Finding(Level.WARN, "mutable-tag", inert("image web:latest can change under the same name"), WEB),
                Finding(Level.NOTE, "left-in-place", inert("no longer in Git; it is left in place"), SERVICE),
            ),
        ),
        row("staging/web", WEB_UPDATE),
    ),
    "plan-no-changes": plan(row("prod/web"), row("staging/web")),
    "plan-secrets": plan(
        row(
            "prod/web",
            Change(
                TOKEN,
                Verb.UPDATE,
                (
                    Field(
                        "data[token]",
                        value("aHVudGVyMg==", TOKEN, ("data", "token")),
                        value("Y29ycmVjdA==", TOKEN, ("data", "token")),
                    ),
                    Field("data[user]", None, value("d2Vi", TOKEN, ("data", "user"))),
                ),
            ),
        ),
    ),
    "plan-first": plan(
        row("prod/web", Change(WEB, Verb.CREATE, (field("spec.replicas", None, 3),), checked=False), SERVICE_CREATE),
        row("staging/web", Change(WEB, Verb.CREATE, (field("spec.replicas", None, 1),)), SERVICE_CREATE),
    ),
    "plan-alike": plan(
        *(row(f"{place}/agent", WEB_UPDATE, SETTINGS_UPDATE) for place in ("eu1", "eu2", "us1", "us2", "us3")),
        row("prod/web", WEB_UPDATE, pending=(SERVICE_CREATE,), writes=(WEB_UPDATE, SERVICE_CREATE)),
        row("staging/web", Change(WEB, Verb.UPDATE, (IMAGE,)), SETTINGS_UPDATE),
        row("test/web", WEB_UPDATE, SETTINGS_UPDATE, SERVICE_CREATE),
    ),
    "plan-hostile": plan(
        row(
            "prod/web",
            Change(
                ObjectKey("", "ConfigMap", "shop", "x`|</summary><img src=//evil> @ana #1"),
                Verb.UPDATE,
                (
                    field(
                        "data[`|]",
                        "``` @ana\n</details> <!-- plumbline:plan:1 -->",
                        "- [x](https://evil.example) #12 | |",
                    ),
                ),
            ),
            findings=(
                Finding(Level.WARN, "odd", inert("see `code` <b> [x](y) @ana #3 |*_ https://evil.example"), None),
            ),
        ),
    ),
    "plan-unreadable": plan(
        note=inert(".plumbline.yaml:3: unknown key `aps` (did you mean apps?)"),
        findings=(Finding(Level.BLOCK, "config", inert("unknown key"), file=".plumbline.yaml", line=3),),
    ),
}
"""By the name of the golden file."""
