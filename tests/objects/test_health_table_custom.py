"""The golden table of custom kinds used most, and of kinds that nobody told us about."""

from typing import Any

import pytest

from bot.objects.health import judge
from fixtures.health.rows import NOW, Row, ago, blind, made, of, off, on


def phase(kind: str, word: str, **more: Any) -> dict[str, Any]:
    return of(kind, phase=word, **more)


def app(word: str, message: str = "") -> dict[str, Any]:
    return of("Application.argoproj.io", health={"status": word, "message": message})


CERTIFICATE, REQUEST = "Certificate.cert-manager.io", "CertificateRequest.cert-manager.io"
KUSTOMIZATION, RELEASE = "Kustomization.kustomize.toolkit.fluxcd.io", "HelmRelease.helm.toolkit.fluxcd.io"
SECRET, SEALED, SCALED = "ExternalSecret.external-secrets.io", "SealedSecret.bitnami.com", "ScaledObject.keda.sh"
BUCKET, PROVIDER = "Bucket.s3.aws.upbound.io", "Provider.pkg.crossplane.io"
KNATIVE, PROMETHEUS = "Service.serving.knative.dev", "Prometheus.monitoring.coreos.com"
KAFKA, ROLLOUT = "Kafka.kafka.strimzi.io", "Rollout.argoproj.io"
CHART = "HelmRepository.source.toolkit.fluxcd.io"
INVALID = "InvalidResourceException"

ROWS = [
    Row("a certificate that is ready is current", "current", of(CERTIFICATE, on("Ready"))),
    Row(
        "a certificate that is being issued is in progress",
        "in_progress",
        of(CERTIFICATE, off("Ready", "DoesNotExist", "no secret"), on("Issuing")),
        says="no secret",
    ),
    Row(
        "a certificate that could not be issued has failed",
        "failed",
        of(CERTIFICATE, off("Ready"), off("Issuing", "Failed", "order is invalid")),
        says="order is invalid",
    ),
    Row(
        "a certificate that is ready while its renewal fails is current",
        "current",
        of(CERTIFICATE, on("Ready"), off("Issuing", "Failed")),
    ),
    Row(
        "a certificate that nobody looked at is in progress",
        "in_progress",
        made("cert-manager.io/v1", "Certificate", None, {}),
    ),
    Row(
        "a request that is denied has failed",
        "failed",
        of(REQUEST, on("Denied", message="by policy")),
        says="by policy",
    ),
    Row("a request that is pending is in progress", "in_progress", of(REQUEST, off("Ready", "Pending"))),
    Row("an issuer that is ready is current", "current", of("Issuer.cert-manager.io", on("Ready"))),
    Row(
        "an issuer that is not ready for minutes has failed",
        "failed",
        of("ClusterIssuer.cert-manager.io", off("Ready", "ErrRegisterACMEAccount", "no account")),
        says="no account",
    ),
    Row(
        "an issuer that is not ready for seconds is in progress",
        "in_progress",
        of("Issuer.cert-manager.io", off("Ready", lastTransitionTime=ago(9))),
    ),
    Row("an order that is valid is current", "current", of("Order.acme.cert-manager.io", state="valid")),
    Row("an order that is pending is in progress", "in_progress", of("Order.acme.cert-manager.io", state="pending")),
    Row(
        "a challenge that is invalid has failed",
        "failed",
        of("Challenge.acme.cert-manager.io", state="invalid", reason="404"),
        says="404",
    ),
    Row("a kustomization that is ready is current", "current", of(KUSTOMIZATION, on("Ready"))),
    Row(
        "a kustomization that is reconciling is in progress",
        "in_progress",
        of(KUSTOMIZATION, on("Ready"), on("Reconciling", message="building")),
        says="building",
    ),
    Row(
        "a kustomization that cannot be built has failed",
        "failed",
        of(KUSTOMIZATION, off("Ready", "BuildFailed", "no such file")),
        says="no such file",
    ),
    Row(
        "a kustomization that waits for another is in progress",
        "in_progress",
        of(KUSTOMIZATION, off("Ready", "DependencyNotReady")),
    ),
    Row(
        "a kustomization that is stalled has failed",
        "failed",
        of(KUSTOMIZATION, off("Ready"), on("Stalled", message="gave up")),
        says="gave up",
    ),
    Row(
        "a kustomization that is suspended is suspended though its status is old",
        "suspended",
        of(KUSTOMIZATION, spec={"suspend": True}, observedGeneration=1),
    ),
    Row(
        "a release that failed to upgrade has failed",
        "failed",
        of(RELEASE, off("Ready", "UpgradeFailed", "timed out")),
        says="timed out",
    ),
    Row(
        "a repository that is fetched is current", "current", of("GitRepository.source.toolkit.fluxcd.io", on("Ready"))
    ),
    Row(
        "an OCI repository that is not fetched is in progress",
        "in_progress",
        of("OCIRepository.source.toolkit.fluxcd.io", off("Ready", message="denied")),
        says="denied",
    ),
    Row(
        "a repository of charts that has no status is current",
        "current",
        made(f"{CHART.partition('.')[2]}/v1", "HelmRepository", None, {}),
    ),
    Row("an application that is healthy is current", "current", app("Healthy")),
    Row("an application that progresses is in progress", "in_progress", app("Progressing")),
    Row("an application that is degraded has failed", "failed", app("Degraded", "web crashes"), says="web crashes"),
    Row("an application that is suspended is suspended", "suspended", app("Suspended")),
    Row(
        "an application set that could not generate has failed",
        "failed",
        of("ApplicationSet.argoproj.io", on("ErrorOccurred", message="no list"), off("ResourcesUpToDate")),
    ),
    Row("a rollout that is healthy is current", "current", phase(ROLLOUT, "Healthy", observedGeneration="2")),
    Row(
        "a rollout whose status is old is in progress", "in_progress", phase(ROLLOUT, "Healthy", observedGeneration="1")
    ),
    Row(
        "a rollout that waits for a person is suspended",
        "suspended",
        phase(ROLLOUT, "Paused", message="CanaryPauseStep"),
        says="CanaryPauseStep",
    ),
    Row(
        "a rollout that is degraded has failed", "failed", phase(ROLLOUT, "Degraded", message="aborted"), says="aborted"
    ),
    Row("a rollout that progresses is in progress", "in_progress", phase(ROLLOUT, "Progressing")),
    Row("a workflow that succeeded is current", "current", phase("Workflow.argoproj.io", "Succeeded")),
    Row("a workflow that runs is in progress", "in_progress", phase("Workflow.argoproj.io", "Running")),
    Row(
        "a workflow that failed has failed",
        "failed",
        phase("Workflow.argoproj.io", "Error", message="exit 1"),
        says="exit 1",
    ),
    Row("a cron workflow is current", "current", of("CronWorkflow.argoproj.io")),
    Row("an external secret that is synced is current", "current", blind(SECRET, on("Ready"))),
    Row(
        "an external secret that fails for minutes has failed",
        "failed",
        blind(SECRET, off("Ready", "SecretSyncedError", "no key")),
        says="no key",
    ),
    Row(
        "an external secret that failed before our repair is in progress",
        "in_progress",
        blind(SECRET, off("Ready", "SecretSyncedError"), written=4),
    ),
    Row("a store that is ready is current", "current", of("ClusterSecretStore.external-secrets.io", on("Ready"))),
    Row("a sealed secret that is opened is current", "current", of(SEALED, on("Synced"))),
    Row(
        "a sealed secret that cannot be opened has failed",
        "failed",
        of(SEALED, off("Synced", message="no key could decrypt")),
        says="no key",
    ),
    Row("a composed resource that is ready and synced is current", "current", blind(BUCKET, on("Ready"), on("Synced"))),
    Row(
        "a composed resource that is ready and not synced has failed",
        "failed",
        blind(BUCKET, on("Ready"), off("Synced", "ReconcileError", "denied")),
        says="denied",
    ),
    Row(
        "a composed resource that is being made is in progress",
        "in_progress",
        blind(BUCKET, off("Ready", "Creating"), on("Synced")),
    ),
    Row(
        "a composed resource that is paused is suspended",
        "suspended",
        blind(BUCKET, on("Ready"), off("Synced", "ReconcilePaused")),
    ),
    Row(
        "a provider that is installed and healthy is current",
        "current",
        blind(PROVIDER, on("Installed"), on("Healthy")),
    ),
    Row(
        "a provider that is not healthy yet is in progress",
        "in_progress",
        blind(PROVIDER, on("Installed"), off("Healthy")),
    ),
    Row("a scaled object that is ready is current", "current", blind(SCALED, on("Ready"), off("Paused"))),
    Row("a scaled object that is paused is suspended", "suspended", blind(SCALED, on("Ready"), on("Paused"))),
    Row(
        "a scaled object that is not ready has failed",
        "failed",
        blind(SCALED, off("Ready", message="no target")),
        says="no target",
    ),
    Row("a Knative service that is ready is current", "current", of(KNATIVE, on("Ready"))),
    Row(
        "a Knative service whose revision is missing has failed",
        "failed",
        of(KNATIVE, off("Ready", "RevisionMissing", "no revision")),
    ),
    Row("a Knative service that is unknown is in progress", "in_progress", of(KNATIVE, on("Ready", "Unknown"))),
    Row(
        "a Prometheus that is available and reconciled is current",
        "current",
        of(PROMETHEUS, on("Available"), on("Reconciled")),
    ),
    Row(
        "a Prometheus that is degraded is in progress",
        "in_progress",
        of(PROMETHEUS, on("Available", "Degraded"), on("Reconciled")),
    ),
    Row(
        "a Prometheus that cannot be reconciled has failed",
        "failed",
        of(PROMETHEUS, on("Available"), off("Reconciled", message="bad rule")),
    ),
    Row("a Prometheus that is paused is suspended", "suspended", of(PROMETHEUS, spec={"paused": True})),
    Row("a service monitor is current", "current", made("monitoring.coreos.com/v1", "ServiceMonitor", None, {})),
    Row("a database cluster that is ready is current", "current", of("Cluster.postgresql.cnpg.io", on("Ready"))),
    Row(
        "a database cluster that is not ready is in progress",
        "in_progress",
        of("Cluster.postgresql.cnpg.io", off("Ready", message="1 of 3")),
    ),
    Row("a Kafka that is being made is in progress", "in_progress", of(KAFKA, on("NotReady", reason="Creating"))),
    Row(
        "a Kafka that is written wrongly has failed",
        "failed",
        of(KAFKA, on("NotReady", reason=INVALID, message="storage")),
    ),
    Row("a Kafka that is paused is suspended", "suspended", of(KAFKA, on("ReconciliationPaused"))),
    Row("a pipeline run that succeeded is current", "current", of("PipelineRun.tekton.dev", on("Succeeded"))),
    Row("a pipeline run that failed has failed", "failed", of("PipelineRun.tekton.dev", off("Succeeded", "Failed"))),
    Row("an unknown kind that is ready is current", "current", of("Widget.acme.io", on("Ready"))),
    Row("an unknown kind that is not ready is in progress", "in_progress", of("Widget.acme.io", off("Ready"))),
    Row("an unknown kind that is available is current", "current", of("Widget.acme.io", on("Available"))),
    Row("an unknown kind without conditions is current", "current", of("Widget.acme.io")),
    Row(
        "an unknown kind that was written seconds ago is in progress",
        "in_progress",
        blind("Widget.acme.io", on("Ready"), written=2),
    ),
    Row("an unknown kind that was written minutes ago is current", "current", blind("Widget.acme.io", on("Ready"))),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_custom_kinds_are_judged_as_the_table_says(row: Row) -> None:
    row.check()


def test_the_status_of_a_custom_object_may_be_anything() -> None:
    statuses: tuple[Any, ...] = (
        None,
        [],
        "Up",
        {"conditions": "none"},
        {"conditions": [None, {"type": 3}]},
        {"parents": [3]},
    )
    for status in statuses:
        for row in ROWS:
            judge({**row.body, "status": status}, (), None, NOW)
