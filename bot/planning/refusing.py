"""What it means that the API server refuses a dry-run: checked only on apply, a replacement, or a mistake to mend."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.domain.plans import Change, Verb
from bot.objects.identity import Kind, Object, ObjectKey, kind_of
from bot.objects.paths import value_at
from bot.objects.schema import UNKNOWN, Doubt, doubts
from bot.planning.compare import Comparing, Sides, Verdict, created, rendered_change
from bot.planning.predict import Prediction
from bot.planning.sides import Sent
from bot.ports.clusters import PlanCluster, Presence, Refusal, Refused

_RBAC = "rbac.authorization.k8s.io"
_HINTS = (
    (
        "may not be specified when strategy",
        "the server's own default stands in the way: write `spec.strategy.rollingUpdate` in one merge, and Recreate "
        "without it in the next",
    ),
    ("may not specify more than 1 volume type", "the server keeps the volume's old type: give the volume another name"),
    (", only in ", "write that apiVersion, with the fields it has"),
    (
        "to last applied version",
        "the server turns it back into the version that was applied before, which lacks the field: merge the new "
        "apiVersion without the field first, and the field in the next",
    ),
    ("too large a number", "2147483647 is the largest that fits"),
    ("exceeded quota", "lower what is requested, or have the quota raised"),
    ("failed quota", "write the requests and limits that the quota asks for"),
    ("error looking up service account", "add the ServiceAccount to this app, or have it made"),
    ("no PriorityClass with name", "add the PriorityClass to this app, or have it made"),
    ("field not declared in schema", "the field is misspelt, stands in the wrong place, or needs a newer cluster"),
    ("duplicate entries for key", "remove one of the two entries"),
)
NEEDED = {
    Kind("", "ServiceAccount"): re.compile(r'error looking up service account \S+: serviceaccount "([^"]+)" not found'),
    Kind("scheduling.k8s.io", "PriorityClass"): re.compile(r"no PriorityClass with name (\S+) was found"),
}
"""What has to be there before the server takes a Pod, and the words in which it says that it is not."""
_LEAVING = "because it is being terminated"
_REMEDIES = {
    Refusal.NO_KIND: "install its definition first, or add it to this app",
    Refusal.TOO_LARGE: "split it",
    Refusal.GONE: "it was deleted and made again meanwhile: plan again",
    Refusal.MODIFIED: "remove metadata.resourceVersion",
    Refusal.FORBIDDEN: "the operator's grant does not cover it",
}


@dataclass(frozen=True, slots=True)
class Upcoming:
    """What does not exist yet but will, through the same plan: namespaces, kinds with their definitions, and objects of
    the kinds NEEDED."""

    namespaces: frozenset[str] = frozenset()
    kinds: Mapping[Kind, Object] = field(default_factory=dict)
    needed: frozenset[ObjectKey] = frozenset()


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one object cannot be planned. `message` may be the server's text; `hint` is ours, and says what helps."""

    object: ObjectKey
    refused: Refused
    message: str
    hint: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Refusing:
    """Whom to ask again, what is on its way, and whether the identity that asks is the one that will apply."""

    cluster: PlanCluster
    upcoming: Upcoming
    final: bool = False


def refused_verdict(
    sides: Sides, comparing: Comparing, refused: Refused, refusing: Refusing
) -> tuple[Verdict, Problem | None]:
    """What is said about an object whose head the server refuses. Raises ClusterUnreachable."""
    key, head = comparing.telling.key, sides.head
    if head is None:
        return Verdict(), None
    missing = _namespace_missing(key, refused, refusing.cluster)
    if _awaited(key, refused, refusing.upcoming, missing=missing):
        definition = refusing.upcoming.kinds.get(key.of)
        doubted = tuple(doubts(head.body, definition)) if definition else ()
        if refused.why == Refusal.NO_KIND and refusing.cluster.resource(key.of):
            lost = _lost_on_the_way(sides, definition) if definition else ()
            return replace(_in_another_version(sides, comparing), doubts=(*doubted, *lost)), None
        later = created(head, comparing.telling, checked=False)
        unchanged = sides.base is not None and sides.base.digest == head.digest
        return Verdict(change=None if unchanged else later, write=later, doubts=doubted), None
    may_differ = refused.why == Refusal.FORBIDDEN and not refusing.final
    untried = may_differ and not missing and (sides.live is None or key.group == _RBAC)
    if untried or _redefined(head.body, refused, refusing):
        return _untried(sides, comparing), None
    if refused.why == Refusal.IMMUTABLE:
        return _replacement(sides, comparing, refused), None
    message, hint = worded(key, refused, missing=missing)
    return Verdict(), Problem(key, refused, message, hint, head.file, head.line)


def _namespace_missing(key: ObjectKey, refused: Refused, cluster: PlanCluster) -> bool:
    """An identity with rights in namespaces only gets a 403 where a namespace is missing (api-answers §4)."""
    if refused.why == Refusal.FORBIDDEN and key.namespace:
        return cluster.namespace(key.namespace) is Presence.ABSENT
    return refused.why == Refusal.NO_NAMESPACE


def _awaited(key: ObjectKey, refused: Refused, upcoming: Upcoming, *, missing: bool) -> bool:
    if refused.why in (Refusal.NO_KIND, Refusal.FORBIDDEN) and key.of in upcoming.kinds:
        return True
    if _lacks(key, refused) & upcoming.needed:
        return True
    return key.namespace in upcoming.namespaces and (missing or refused.why == Refusal.FORBIDDEN)


def _lacks(key: ObjectKey, refused: Refused) -> frozenset[ObjectKey]:
    """What a Pod cannot be created without, as the refusal names it, in its own namespace or in none."""
    named = [(kind, found[1]) for kind, words in NEEDED.items() if (found := words.search(refused.message))]
    return frozenset(
        ObjectKey(kind.group, kind.kind, place, name) for kind, name in named for place in (key.namespace, "")
    )


def _redefined(body: Object, refused: Refused, refusing: Refusing) -> bool:
    """Whether only the definition as it lives has something against an object, and the one on its way has not."""
    definition = refusing.upcoming.kinds.get(kind_of(body))
    if refused.why not in (Refusal.TYPING, Refusal.INVALID) or definition is None or doubts(body, definition):
        return False
    live = _living(definition, refusing.cluster)
    return live is not None and bool(doubts(body, live))


def newly_doubted(head: Sent | None, refusing: Refusing) -> tuple[Doubt, ...]:
    """What a definition on its way has against an object that the one as it lives has nothing against.

    Raises ClusterUnreachable.
    """
    definition = refusing.upcoming.kinds.get(kind_of(head.body)) if head else None
    found = doubts(head.body, definition) if head and definition else []
    live = _living(definition, refusing.cluster) if found and definition else None
    return tuple(each for each in found if each not in doubts(head.body, live)) if head and live else ()


def _living(definition: Object, cluster: PlanCluster) -> Object | None:
    served = cluster.resource(kind_of(definition))
    live = cluster.get(served, "", definition["metadata"]["name"]) if served else None
    return live if isinstance(live, dict) else None


def _untried(sides: Sides, comparing: Comparing) -> Verdict:
    """What cannot be tried yet: rights this identity does not hold itself, kinds it may not read, fields that the
    definition will have. Seen only on apply."""
    change = rendered_change(sides.base, sides.head, comparing.telling)
    return Verdict(change=change, write=change)


def _in_another_version(sides: Sides, comparing: Comparing) -> Verdict:
    """What lives in a version that its definition has so far, and comes in one that it will have: going by Git."""
    change = rendered_change(sides.base, sides.head, comparing.telling)
    return Verdict(change=change, write=rendered_change(sides.applied or sides.base, sides.head, comparing.telling))


def _lost_on_the_way(sides: Sides, definition: Object) -> tuple[Doubt, ...]:
    """The fields that the version applied last does not have. The server turns the object back into it once, to see
    what was given up, and refuses what it then does not know (seen on 1.37, where no webhook converts)."""
    last, head = sides.applied or sides.base, sides.head
    converts = value_at(definition, ("spec", "conversion", "strategy"))
    if last is None or head is None or converts == "Webhook":
        return ()
    version = last.body["apiVersion"]
    said = f"{version} lacks it, in which it was applied so far: merge the new apiVersion first, and the field after it"
    found = doubts({**head.body, "apiVersion": version}, definition)
    return tuple((field, said) for field, why in found if why == UNKNOWN)


def _replacement(sides: Sides, comparing: Comparing, refused: Refused) -> Verdict:
    """What cannot be changed in place is deleted and made again. It stays a replacement while base asks for it too."""
    key = comparing.telling.key
    change = rendered_change(sides.base, sides.head, comparing.telling, checked=True)
    replace = Change(key, Verb.REPLACE, change.fields if change else ())
    return Verdict(change=replace if change else None, write=replace, prediction=Prediction(None, refused))


def worded(key: ObjectKey, refused: Refused, *, missing: bool = False) -> tuple[str, str]:
    """Why an object was refused, which may be the server's text, and what helps (ours; may be empty). `missing`: its
    namespace is not there."""
    if missing and _LEAVING in refused.message:
        return f"the namespace {key.namespace} is being deleted", "wait until it is gone, then have it made again"
    if missing:
        hint = "add the Namespace to this app, or have it made"
        return f"the namespace {key.namespace} does not exist", hint
    hint = next((hint for text, hint in _HINTS if text in refused.message), _REMEDIES.get(refused.why, ""))
    return refused.message, hint
