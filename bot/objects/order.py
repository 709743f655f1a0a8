"""In which order the objects of a target are applied. Pure.

Definitions come first, then namespaces. Then wave by wave, the lowest first, as users of Argo CD's sync-wave expect
(phase, wave, kind): inside a wave identity and policy, config and storage, then everything that runs. Before-hooks run
when the first wave with anything that runs gets to it. Webhooks and API services come after all waves, so that a broken
webhook cannot refuse its own backend, and after-hooks last. Among hooks, waves (Helm: weights) sort hooks only; those
of Helm that run and end, and have one weight, go one after the other, by kind and name as Helm runs them.

Whatever the waves say, an object comes after what it depends on (bot/objects/dependencies.py). Each step is healthy
before the next begins; inside a step objects go side by side.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from enum import IntEnum
from graphlib import CycleError, TopologicalSorter
from operator import attrgetter
from typing import Final

from bot.objects.dependencies import graph, named
from bot.objects.hooks import HELM_HOOK, HOOK, Phase, phase_of, runs_once, unknown_hook
from bot.objects.identity import Object, ObjectKey, group_of, key_of

WAVE: Final = "plumbline.dev/wave"
_OTHER_WAVES = ("argocd.argoproj.io/sync-wave",)
_WEIGHT = "helm.sh/hook-weight"
_WHOLE = re.compile(r"[+-]?[0-9]{1,9}")

Place = tuple[int, ...]
"""Where an object stands: band, wave, stage, then wave, stage and turn among hooks, then how deep it depends on others.
"""


class Stage(IntEnum):
    """What kinds are for, in the order in which others need them. Numbers say only what comes first."""

    DEFINITIONS = 0
    NAMESPACES = 1
    IDENTITY = 2
    CONFIG = 3
    BEFORE = 4
    RUNNING = 5
    GATES = 6
    AFTER = 7


class OrderMistake(Exception):
    """An order that cannot be: says why, about the object `key`."""

    def __init__(self, key: ObjectKey, message: str, remedy: str) -> None:
        super().__init__(message)
        self.key, self.message, self.remedy = key, message, remedy


_STAGES = {
    Stage.DEFINITIONS: "CustomResourceDefinition",
    Stage.NAMESPACES: "Namespace",
    Stage.IDENTITY: "ClusterRole ClusterRoleBinding GatewayClass IngressClass LimitRange NetworkPolicy PriorityClass "
    "ResourceQuota Role RoleBinding RuntimeClass ServiceAccount",
    Stage.CONFIG: "CSIDriver ConfigMap PersistentVolume PersistentVolumeClaim Secret StorageClass "
    "VolumeAttributesClass VolumeSnapshotClass",
    Stage.GATES: "APIService MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration "
    "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration",
}
_BY_KIND = {kind: stage for stage, kinds in _STAGES.items() for kind in kinds.split()}
_GROUPS = {
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "gateway.networking.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "rbac.authorization.k8s.io",
    "scheduling.k8s.io",
    "snapshot.storage.k8s.io",
    "storage.k8s.io",
}
_HOOKS = {Phase.BEFORE: Stage.BEFORE, Phase.AFTER: Stage.AFTER}
_BANDS = {Stage.DEFINITIONS: 0, Stage.NAMESPACES: 1, Stage.GATES: 3, Stage.AFTER: 4}
_WAVES_BAND = 2


def stage_of(body: Object) -> Stage:
    """The stage of a desired object: by its hook annotation if it has one, else by its kind.

    What others cannot be written without stays where its kind belongs.
    """
    by_kind, phase = _kind_stage(body), phase_of(body)
    return by_kind if phase is None or by_kind in (Stage.DEFINITIONS, Stage.NAMESPACES) else _HOOKS[phase]


def wave_of(body: Object) -> int:
    """The wave of a desired object, 0 without one: ours before Argo CD's, and the weight of a Helm hook.

    Theirs count as 0 when they are no whole numbers.
    """
    annotations = body["metadata"].get("annotations")
    if not annotations:
        return 0
    names = (WAVE, *_OTHER_WAVES, *((_WEIGHT,) if annotations.get(HELM_HOOK) else ()))
    written = next((str(annotations[name]).strip() for name in names if annotations.get(name)), "0")
    return int(written) if _WHOLE.fullmatch(written) else 0


def check_order(bodies: Iterable[Object]) -> None:
    """Raises OrderMistake for an annotation of ours that cannot be read, a dependency on something that is not among
    these objects, and dependencies that go round in a circle."""
    by_key = {key_of(body): body for body in bodies}
    for key, body in by_key.items():
        _check_annotations(key, body)
        _check_names(key, body, by_key)
    try:
        TopologicalSorter(graph(by_key)).prepare()
    except CycleError as error:
        path = list(reversed(error.args[1]))
        message = f"dependencies go round in a circle: {' → '.join(map(str, path))}"
        raise OrderMistake(path[0], message, "remove one of them") from None


def waves(bodies: Iterable[Object]) -> list[list[Object]]:
    """Objects step by step, first to apply first; inside a step by kind, namespace and name.

    Never fails: dependencies on what is not there are nothing, and a circle of them is no order at all.
    """
    by_key = {key_of(body): body for body in bodies}
    after = graph(by_key)
    try:
        order = list(TopologicalSorter(after).static_order())
    except CycleError:
        after = {key: set() for key in by_key}
        order = list(by_key)
    own, places = _own_places(by_key), dict[ObjectKey, Place]()
    for key in order:
        behind = [(*places[each][:-1], places[each][-1] + 1) for each in after[key]]
        places[key] = max([own[key], *behind])
    found: dict[Place, list[Object]] = {}
    for key in sorted(by_key, key=attrgetter("group", "kind", "namespace", "name")):
        found.setdefault(places[key], []).append(by_key[key])
    return [found[place] for place in sorted(found)]


def _check_annotations(key: ObjectKey, body: Object) -> None:
    annotations = body["metadata"].get("annotations") or {}
    wave, hook = str(annotations.get(WAVE) or "0").strip(), unknown_hook(body)
    if not _WHOLE.fullmatch(wave):
        raise OrderMistake(key, f"{key}: `{WAVE}` is not a whole number", "write one in quotes, such as -1")
    if hook:
        raise OrderMistake(key, f"{key}: `{HOOK}` is neither before nor after", "write `before` or `after`")


def _check_names(key: ObjectKey, body: Object, by_key: Mapping[ObjectKey, Object]) -> None:
    for annotation, written, name in named(body):
        if name is None:
            form = "write group/namespaces/NAMESPACE/KIND/NAME, or group/KIND/NAME; core kinds have an empty group"
            raise OrderMistake(key, f"{key}: `{annotation}` names no object in `{written[:100]}`", form)
        if name not in by_key:
            where = f"{name.namespace}/{name.name}" if name.namespace else name.name
            message = f"{key} depends on {name.of} {where}, which is not in this target"
            raise OrderMistake(key, message, f"correct `{annotation}`, or let the apps need each other with `needs`")


def _own_places(by_key: Mapping[ObjectKey, Object]) -> dict[ObjectKey, Place]:
    """Where objects stand if they depend on nothing."""
    placed = {key: (stage_of(body), wave_of(body)) for key, body in by_key.items()}
    starts = _starts(placed.values())
    found: dict[ObjectKey, Place] = {}
    for key, (stage, wave) in placed.items():
        found[key] = (_BANDS.get(stage, _WAVES_BAND), wave, stage, 0, 0, 0, 0)
    hooks = {key: by_key[key] for key, (stage, _) in placed.items() if stage in _HOOKS.values()}
    turns = {key: turn for turn, key in enumerate(sorted(key for key, body in hooks.items() if _takes_turns(body)), 1)}
    for key, body in hooks.items():
        stage, wave = placed[key]
        begins = starts if stage is Stage.BEFORE else 0
        band = _BANDS.get(stage, _WAVES_BAND)
        found[key] = (band, begins, stage, wave, _kind_stage(body), turns.get(key, 0), 0)
    return found


def _starts(placed: Collection[tuple[Stage, int]]) -> int:
    """The wave in which before-hooks run: the first with anything that runs, else the last of all."""
    running = [wave for stage, wave in placed if stage is Stage.RUNNING]
    others = [wave for stage, wave in placed if stage in (Stage.IDENTITY, Stage.CONFIG)]
    return min(running, default=max(others, default=0))


def _takes_turns(body: Object) -> bool:
    """Whether a hook of Helm's runs and ends: no two of these run at once."""
    return runs_once(body) and bool(body["metadata"]["annotations"].get(HELM_HOOK))


def _kind_stage(body: Object) -> Stage:
    group = group_of(body["apiVersion"])
    return _BY_KIND.get(body["kind"], Stage.RUNNING) if group in _GROUPS else Stage.RUNNING
