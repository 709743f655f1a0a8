"""The built-in kinds: their plural and whether they live in namespaces, for when no server can be asked."""

from bot.objects.identity import Kind

_NAMESPACED = {
    "": {
        "ConfigMap": "configmaps",
        "Endpoints": "endpoints",
        "Event": "events",
        "LimitRange": "limitranges",
        "PersistentVolumeClaim": "persistentvolumeclaims",
        "Pod": "pods",
        "PodTemplate": "podtemplates",
        "ReplicationController": "replicationcontrollers",
        "ResourceQuota": "resourcequotas",
        "Secret": "secrets",
        "Service": "services",
        "ServiceAccount": "serviceaccounts",
    },
    "apps": {
        "ControllerRevision": "controllerrevisions",
        "DaemonSet": "daemonsets",
        "Deployment": "deployments",
        "ReplicaSet": "replicasets",
        "StatefulSet": "statefulsets",
    },
    "autoscaling": {"HorizontalPodAutoscaler": "horizontalpodautoscalers"},
    "batch": {"CronJob": "cronjobs", "Job": "jobs"},
    "coordination.k8s.io": {"Lease": "leases"},
    "discovery.k8s.io": {"EndpointSlice": "endpointslices"},
    "events.k8s.io": {"Event": "events"},
    "networking.k8s.io": {"Ingress": "ingresses", "NetworkPolicy": "networkpolicies"},
    "policy": {"PodDisruptionBudget": "poddisruptionbudgets"},
    "rbac.authorization.k8s.io": {"Role": "roles", "RoleBinding": "rolebindings"},
    "resource.k8s.io": {"ResourceClaim": "resourceclaims", "ResourceClaimTemplate": "resourceclaimtemplates"},
    "storage.k8s.io": {"CSIStorageCapacity": "csistoragecapacities"},
}
_CLUSTER_SCOPED = {
    "": {"Namespace": "namespaces", "Node": "nodes", "PersistentVolume": "persistentvolumes"},
    "admissionregistration.k8s.io": {
        "MutatingAdmissionPolicy": "mutatingadmissionpolicies",
        "MutatingAdmissionPolicyBinding": "mutatingadmissionpolicybindings",
        "MutatingWebhookConfiguration": "mutatingwebhookconfigurations",
        "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
        "ValidatingAdmissionPolicyBinding": "validatingadmissionpolicybindings",
        "ValidatingWebhookConfiguration": "validatingwebhookconfigurations",
    },
    "apiextensions.k8s.io": {"CustomResourceDefinition": "customresourcedefinitions"},
    "apiregistration.k8s.io": {"APIService": "apiservices"},
    "certificates.k8s.io": {"CertificateSigningRequest": "certificatesigningrequests"},
    "flowcontrol.apiserver.k8s.io": {
        "FlowSchema": "flowschemas",
        "PriorityLevelConfiguration": "prioritylevelconfigurations",
    },
    "networking.k8s.io": {"IPAddress": "ipaddresses", "IngressClass": "ingressclasses", "ServiceCIDR": "servicecidrs"},
    "node.k8s.io": {"RuntimeClass": "runtimeclasses"},
    "rbac.authorization.k8s.io": {"ClusterRole": "clusterroles", "ClusterRoleBinding": "clusterrolebindings"},
    "resource.k8s.io": {"DeviceClass": "deviceclasses", "ResourceSlice": "resourceslices"},
    "scheduling.k8s.io": {"PriorityClass": "priorityclasses"},
    "storage.k8s.io": {
        "CSIDriver": "csidrivers",
        "CSINode": "csinodes",
        "StorageClass": "storageclasses",
        "VolumeAttachment": "volumeattachments",
        "VolumeAttributesClass": "volumeattributesclasses",
    },
}


def is_namespaced(kind: Kind) -> bool | None:
    """Whether a built-in kind lives in namespaces; None for a kind that is not built in."""
    if kind.kind in _NAMESPACED.get(kind.group, {}):
        return True
    return False if kind.kind in _CLUSTER_SCOPED.get(kind.group, {}) else None


def plural_of(kind: Kind) -> str | None:
    """The plural in a built-in kind's URLs; None for a kind that is not built in."""
    of_group = {**_NAMESPACED.get(kind.group, {}), **_CLUSTER_SCOPED.get(kind.group, {})}
    return of_group.get(kind.kind)


def built_in_kinds() -> tuple[Kind, ...]:
    """Every built-in kind, sorted."""
    return tuple(
        sorted(
            Kind(group, kind) for table in (_NAMESPACED, _CLUSTER_SCOPED) for group in table for kind in table[group]
        )
    )
