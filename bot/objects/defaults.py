"""What API servers write by themselves where a field of a built-in kind is left out: nobody's wish, whoever owns it.

Whoever creates an object without server-side apply owns every default in it. From the defaulting of the API groups
core/v1, apps/v1, batch/v1, networking/v1, storage/v1, admissionregistration/v1 and apiextensions/v1 (1.37).
"""

from typing import Any, Final

from bot.objects.paths import Item, Path

_ASSIGNED: Final = frozenset(
    {
        "clusterIP",
        "clusterIPs",
        "healthCheckNodePort",
        "ipFamilies",
        "listKind",
        "nodePort",
        "serviceAccount",
        "singular",
    }
)
"""Fields that the server fills in with whatever fits."""

_DEFAULTS: Final[dict[str, tuple[Any, ...]]] = {
    "allocateLoadBalancerNodePorts": (True,),
    "backoffLimit": (6,),
    "completionMode": ("NonIndexed",),
    "completions": (1,),
    "concurrencyPolicy": ("Allow",),
    "defaultMode": (420,),
    "dnsPolicy": ("ClusterFirst",),
    "emptyDir": ({},),
    "enableServiceLinks": (True,),
    "externalTrafficPolicy": ("Cluster",),
    "failedJobsHistoryLimit": (1,),
    "failurePolicy": ("Fail",),
    "failureThreshold": (3,),
    "finalizers": (["kubernetes"],),
    "imagePullPolicy": ("Always", "IfNotPresent"),
    "internalTrafficPolicy": ("Cluster",),
    "ipFamilyPolicy": ("SingleStack",),
    "matchPolicy": ("Equivalent",),
    "maxSurge": ("25%", 0),
    "maxUnavailable": ("25%", 1),
    "minReplicas": (1,),
    "namespaceSelector": ({},),
    "objectSelector": ({},),
    "parallelism": (1,),
    "partition": (0,),
    "periodSeconds": (10,),
    "persistentVolumeReclaimPolicy": ("Retain",),
    "podManagementPolicy": ("OrderedReady",),
    "podReplacementPolicy": ("TerminatingOrFailed",),
    "policyTypes": (["Ingress"],),
    "preemptionPolicy": ("PreemptLowerPriority",),
    "preserveUnknownFields": (False,),
    "progressDeadlineSeconds": (600,),
    "protocol": ("TCP",),
    "reclaimPolicy": ("Delete",),
    "reinvocationPolicy": ("Never",),
    "resources": ({},),
    "restartPolicy": ("Always",),
    "revisionHistoryLimit": (10,),
    "schedulerName": ("default-scheduler",),
    "scheme": ("HTTP",),
    "securityContext": ({},),
    "sessionAffinity": ("None",),
    "strategy": ("None",),
    "successThreshold": (1,),
    "successfulJobsHistoryLimit": (3,),
    "suspend": (False,),
    "terminationGracePeriodSeconds": (30,),
    "terminationMessagePath": ("/dev/termination-log",),
    "terminationMessagePolicy": ("File",),
    "timeoutSeconds": (1, 10),
    "type": ("ClusterIP", "Opaque", "RollingUpdate", ""),
    "volumeBindingMode": ("Immediate",),
    "volumeMode": ("Filesystem",),
    "whenDeleted": ("Retain",),
    "whenScaled": ("Retain",),
}


def is_default(path: Path, value: Any) -> bool:
    """Whether the server would have written this by itself."""
    name = path[-1] if path else None
    if not isinstance(name, str) or path[0] == "metadata":
        return False
    if name == "targetPort" and len(path) > 1 and isinstance(path[-2], Item):
        return bool(dict(path[-2].keys).get("port") == value)
    return name in _ASSIGNED or any(value == each and type(value) is type(each) for each in _DEFAULTS.get(name, ()))
