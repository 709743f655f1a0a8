"""Custom kinds that are used most: a row per kind, or per group where its kinds speak alike.

Each row follows what the project documents about its status. Reasons are listed only where the others pass by
themselves. A kind without a row is judged by `bot/objects/health/generic.py`, or by a rule of the repository's config.
"""

from collections.abc import Callable, Mapping, Sequence

from bot.objects.health.gateways import gateway, route
from bot.objects.health.signs import Conditions, Phases, Sign
from bot.objects.health.verdict import Health
from bot.objects.identity import Kind, Object, kind_of

Rule = Callable[[Object, Sequence[Object], float], Health]

_GATEWAY = "gateway.networking.k8s.io"
_ACME = Phases(
    field=("status", "state"),
    current=frozenset({"valid"}),
    failed=frozenset({"invalid", "expired", "errored"}),
    message=("status", "reason"),
)
_FLUX = Conditions()
_FLUX_QUIET = Conditions(required=False)
_READY_OR_FAILED = Conditions(failed=(Sign("Ready"),))
_PACKAGE = Conditions(current=("Installed", "Healthy"), failed=(Sign("Installed"),))
_OPERATED = Conditions(current=("Available", "Reconciled"), failed=(Sign("Reconciled"),))
_STRIMZI = Conditions(
    failed=(
        Sign("NotReady", "True", frozenset({"InvalidResourceException", "InvalidConfigurationException"}), patience=0),
    ),
    suspended=(Sign("ReconciliationPaused", "True"),),
)
_RUNS = Phases(
    current=frozenset({"Succeeded", "Successful"}),
    failed=frozenset({"Failed", "Error", "Inconclusive"}),
)
_TEKTON = Conditions(current=("Succeeded",), failed=(Sign("Succeeded", patience=0),))

_ALONE: Mapping[Kind, Rule] = {
    Kind(_GATEWAY, "Gateway"): gateway,
    Kind(_GATEWAY, "GatewayClass"): Conditions(
        current=("Accepted",),
        failed=(Sign("Accepted", reasons=frozenset({"InvalidParameters", "UnsupportedVersion", "Unsupported"})),),
    ),
    Kind("acme.cert-manager.io", "Challenge"): _ACME,
    Kind("acme.cert-manager.io", "Order"): _ACME,
    Kind("cert-manager.io", "Certificate"): Conditions(
        failed=(Sign("Issuing", reasons=frozenset({"Failed", "Denied", "InvalidRequest"}), patience=0),)
    ),
    Kind("cert-manager.io", "CertificateRequest"): Conditions(
        failed=(
            Sign("Denied", "True", patience=0),
            Sign("InvalidRequest", "True", patience=0),
            Sign("Ready", reasons=frozenset({"Failed", "Denied"}), patience=0),
        )
    ),
    Kind("helm.toolkit.fluxcd.io", "HelmRelease"): Conditions(
        failed=(Sign("Ready", reasons=frozenset({"InstallFailed", "UpgradeFailed", "TestFailed", "RollbackFailed"})),),
    ),
    Kind("kustomize.toolkit.fluxcd.io", "Kustomization"): Conditions(
        failed=(Sign("Ready", reasons=frozenset({"BuildFailed", "ReconciliationFailed", "HealthCheckFailed"})),),
    ),
    # An OCI repository of charts, alerts and providers have no status at all.
    Kind("source.toolkit.fluxcd.io", "HelmRepository"): _FLUX_QUIET,
    Kind("notification.toolkit.fluxcd.io", "Alert"): _FLUX_QUIET,
    Kind("notification.toolkit.fluxcd.io", "Provider"): _FLUX_QUIET,
    Kind("argoproj.io", "Application"): Phases(
        field=("status", "health", "status"),
        current=frozenset({"Healthy"}),
        failed=frozenset({"Degraded"}),
        suspended=frozenset({"Suspended"}),
        message=("status", "health", "message"),
        patience=120,
    ),
    Kind("argoproj.io", "ApplicationSet"): Conditions(
        current=("ResourcesUpToDate",), failed=(Sign("ErrorOccurred", "True"),)
    ),
    Kind("argoproj.io", "Rollout"): Phases(
        current=frozenset({"Healthy"}),
        failed=frozenset({"Degraded", "InvalidSpec"}),
        suspended=frozenset({"Paused"}),
    ),
    Kind("argoproj.io", "AnalysisRun"): _RUNS,
    Kind("argoproj.io", "Experiment"): _RUNS,
    Kind("argoproj.io", "Workflow"): _RUNS,
    Kind("argoproj.io", "CronWorkflow"): Conditions(current=(), required=False),
    Kind("bitnami.com", "SealedSecret"): Conditions(current=("Synced",), failed=(Sign("Synced", patience=20),)),
    Kind("apiextensions.crossplane.io", "CompositeResourceDefinition"): Conditions(current=("Established",)),
    Kind("keda.sh", "ScaledObject"): Conditions(failed=(Sign("Ready"),), suspended=(Sign("Paused", "True"),)),
    Kind("keda.sh", "ScaledJob"): Conditions(failed=(Sign("Ready"),), suspended=(Sign("Paused", "True"),)),
    Kind("pkg.crossplane.io", "Configuration"): _PACKAGE,
    Kind("pkg.crossplane.io", "Function"): _PACKAGE,
    Kind("pkg.crossplane.io", "Provider"): _PACKAGE,
    Kind("postgresql.cnpg.io", "Backup"): Phases(
        current=frozenset({"completed"}), failed=frozenset({"failed"}), message=("status", "error")
    ),
    Kind("postgresql.cnpg.io", "Cluster"): Conditions(),
    Kind("tekton.dev", "PipelineRun"): _TEKTON,
    Kind("tekton.dev", "TaskRun"): _TEKTON,
}

_FAMILIES: Sequence[tuple[str, str, Rule]] = (
    ("cert-manager.io", "ClusterIssuer Issuer", _READY_OR_FAILED),
    (
        "external-secrets.io",
        "ClusterExternalSecret ClusterSecretStore ExternalSecret PushSecret SecretStore",
        _READY_OR_FAILED,
    ),
    ("gateway.networking.k8s.io", "GRPCRoute HTTPRoute TCPRoute TLSRoute UDPRoute", route),
    (
        "kafka.strimzi.io",
        "Kafka KafkaBridge KafkaConnect KafkaConnector KafkaMirrorMaker2 KafkaTopic KafkaUser",
        _STRIMZI,
    ),
    ("monitoring.coreos.com", "Alertmanager Prometheus PrometheusAgent ThanosRuler", _OPERATED),
    ("serving.knative.dev", "Configuration Revision Route Service", Conditions(failed=(Sign("Ready", patience=20),))),
)
"""Group, kinds, rule: kinds of one project that speak alike."""

KINDS: Mapping[Kind, Rule] = {
    **_ALONE,
    **{Kind(group, kind): rule for group, kinds, rule in _FAMILIES for kind in kinds.split()},
}

GROUPS: Mapping[str, Rule] = {
    "helm.toolkit.fluxcd.io": _FLUX,
    "image.toolkit.fluxcd.io": _FLUX,
    "kustomize.toolkit.fluxcd.io": _FLUX,
    "notification.toolkit.fluxcd.io": _FLUX,
    "source.toolkit.fluxcd.io": _FLUX,
}
"""Groups whose every kind says Ready."""

_PAUSED_BY: Mapping[str, str] = {
    "argoproj.io": "suspend",
    "kustomize.toolkit.fluxcd.io": "suspend",
    "helm.toolkit.fluxcd.io": "suspend",
    "image.toolkit.fluxcd.io": "suspend",
    "monitoring.coreos.com": "paused",
    "notification.toolkit.fluxcd.io": "suspend",
    "source.toolkit.fluxcd.io": "suspend",
}
"""Fields of the spec that, when true, tell a group's controllers to leave an object alone."""


def is_paused(body: Object) -> bool:
    """Whether its controller is told to leave it alone, and so may never say that it saw the newest version."""
    kind = kind_of(body)
    field = "paused" if kind == Kind("argoproj.io", "Rollout") else _PAUSED_BY.get(kind.group, "")
    spec = body.get("spec")
    return bool(field) and isinstance(spec, dict) and spec.get(field) is True


def rule_for(kind: Kind) -> Rule | None:
    """The rule of a kind, or of its whole group; None when there is none."""
    return KINDS.get(kind) or GROUPS.get(kind.group)
