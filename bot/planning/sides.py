"""What one target renders to at one commit, made ready to be sent: canonical, in its namespace, with our label."""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.config import App, IgnoreRule
from bot.domain.errors import UserMistake
from bot.domain.grants import Grant
from bot.domain.grants_reader import refusal
from bot.objects.canonical import canonical, digest, labelled, refusals
from bot.objects.difference import difference
from bot.objects.errors import ManifestError
from bot.objects.hooks import has_its_turn, never_applied, runs_once
from bot.objects.identity import Kind, Object, ObjectKey, key_of, kind_of
from bot.objects.leaves import leaf_changes
from bot.objects.listkeys import Lists
from bot.objects.order import OrderMistake, check_order, waves
from bot.objects.paths import Path, value_at
from bot.objects.read import SourceObject
from bot.objects.replacing import without_fields
from bot.ports.renderer import ANYWHERE, Setting

MAX_OBJECTS = 5_000
REMEMBERED = 5_000
"""Objects of the sides that a process remembers; the newest side is always kept."""

_DEFINITION = Kind("apiextensions.k8s.io", "CustomResourceDefinition")

Scope = Callable[[Kind], bool | None]
"""Whether a kind lives in namespaces; None when nobody can say."""


class NotTaken(UserMistake):
    """An object that is refused whatever a cluster would say: outside the grant, or holding what Git may not hold."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One object as it will be sent, and where it came from.

    `written` is the object as Git has it, where fields of it are left to others and so differ in `body`. `unstable` are
    the fields that each render makes up anew: they are in no digest of what Git has, and what lives stands for them.
    """

    body: Object
    digest: str
    file: str
    line: int
    written: Object | None = None
    unstable: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """All objects of one target at one commit. `identity` is equal exactly when the objects and hooks are.

    `hooks` are Jobs and Pods that run once per commit, under their names in Git (bot/objects/hooks.py). `skipped` are
    hooks of other tools that are never applied, each with the reason. `ignore` are the app's rules for
    fields that are left to others; whoever sends the objects heeds them (bot/planning/ignoring.py). `takeover_from` are
    the field managers whose objects the app may take over.
    """

    objects: Mapping[ObjectKey, Sent]
    identity: str
    skipped: Mapping[ObjectKey, tuple[Sent, str]] = field(default_factory=dict)
    ignore: tuple[IgnoreRule, ...] = ()
    takeover_from: tuple[str, ...] = ()
    hooks: Mapping[ObjectKey, Sent] = field(default_factory=dict)
    _orders: dict[bool, Sequence[Sequence[Sent]]] = field(default_factory=dict, compare=False, repr=False)

    def in_order(self, *, installs: bool) -> Sequence[Sequence[Sent]]:
        """The objects, and the hooks that have their turn in a first deployment or in a later one, step by step."""
        if installs not in self._orders:
            hooks = {key: each for key, each in self.hooks.items() if has_its_turn(each.body, installs=installs)}
            sent = {**self.objects, **hooks}
            ordered = waves(each.body for each in sent.values())
            self._orders[installs] = [[sent[key_of(body)] for body in step] for step in ordered]
        return self._orders[installs]


EMPTY = Side({}, "")


@dataclass(frozen=True, slots=True)
class Ready:
    """What making ready needs to know: the app, its grant (None where there is none to hold to), our label, scopes, and
    what charts may know and have, asked for only when there is a chart.

    `made` remembers what objects became, since most of a target's are alike in all of its commits.
    """

    app: App
    grant: Grant | None
    applyset: str
    scope: Scope
    setting: Callable[[], Setting] = lambda: ANYWHERE
    made: dict[tuple[str, str, bool | None], tuple[ObjectKey, Object, str]] = field(default_factory=dict, compare=False)


class _Sides:
    """The sides made last. A deployment looks at the same one at every step, and a plan at those of the plans before.

    A render is known by being the same one in memory, as the render cache hands it out; all else by its value.
    """

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[object, ...], tuple[tuple[SourceObject, ...], Side]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, sources: tuple[SourceObject, ...], key: tuple[object, ...]) -> Side | None:
        """The side made of these very sources with what the key says."""
        with self._lock:
            found = self._found.get((id(sources), *key))
            if found is None:
                return None
            self._found.move_to_end((id(sources), *key))
            return found[1]

    def keep(self, sources: tuple[SourceObject, ...], key: tuple[object, ...], side: Side) -> None:
        """Remember it. The sources are held on to, so that their place in memory is nobody else's meanwhile."""
        with self._lock:
            self._found[(id(sources), *key)] = (sources, side)
            while len(self._found) > 1 and sum(1 + len(each) for each, _ in self._found.values()) > REMEMBERED:
                self._found.popitem(last=False)


_SIDES = _Sides()


def make_side(sources: tuple[SourceObject, ...], ready: Ready) -> Side:
    """The objects of a render as they will be sent, from memory where they were made so before.

    Raises UserMistake, with file and line, for an object that Git may not hold, that stands twice, that is outside the
    grant, or that depends on what is not there.
    """
    scope = _with_crds(sources, ready.scope)
    scopes = tuple((kind, scope(kind)) for kind in {kind_of(source.body): None for source in sources})
    key = (repr(ready.app), ready.grant, ready.applyset, scopes)
    side = _SIDES.get(sources, key)
    if side is None:
        side = _make(sources, ready, scope)
        _SIDES.keep(sources, key, side)
    return side


def _make(sources: tuple[SourceObject, ...], ready: Ready, scope: Scope) -> Side:
    if len(sources) > MAX_OBJECTS:
        raise UserMistake(f"{len(sources)} objects, over the limit of {MAX_OBJECTS:,} per target", "split the app")
    objects: dict[ObjectKey, Sent] = {}
    skipped: dict[ObjectKey, tuple[Sent, str]] = {}
    for source in sources:
        key, sent = _ready(source, ready, scope)
        hook = never_applied(sent.body)
        if hook:
            skipped[key] = (sent, f"is not applied: it is there only for the hook {hook}")
            continue
        if key in objects:
            first = objects[key]
            raise UserMistake(
                f"{key} stands twice, first at {first.file}:{first.line}",
                "remove one of the two",
                file=source.file,
                line=source.line,
            )
        objects[key] = sent
    _check_order(objects)
    identity = digest({str(key): sent.digest for key, sent in objects.items()})
    hooks = {key: sent for key, sent in objects.items() if runs_once(sent.body)}
    others = {key: sent for key, sent in objects.items() if key not in hooks}
    return Side(others, identity, skipped, ready.app.ignore, ready.app.takeover_from, hooks)


def _check_order(objects: Mapping[ObjectKey, Sent]) -> None:
    """Raises UserMistake, with file and line, for an order that cannot be."""
    try:
        check_order(sent.body for sent in objects.values())
    except OrderMistake as wrong:
        sent = objects[wrong.key]
        raise UserMistake(wrong.message, wrong.remedy, file=sent.file, line=sent.line) from None


def declared(body: Object) -> Kind | None:
    """The kind that a CustomResourceDefinition brings along; None for other objects, and for one that says none."""
    if kind_of(body) != _DEFINITION:
        return None
    group, kind = value_at(body, ("spec", "group")), value_at(body, ("spec", "names", "kind"))
    return Kind(group, kind) if isinstance(group, str) and isinstance(kind, str) else None


def _ready(source: SourceObject, ready: Ready, scope: Scope) -> tuple[ObjectKey, Sent]:
    namespaced = scope(kind_of(source.body))
    spelled = json.dumps(source.body), ready.app.namespace, namespaced
    if spelled not in ready.made:
        ready.made[spelled] = _made(source, ready, namespaced)
    key, sent, identity = ready.made[spelled]
    if source.again is None:
        return key, Sent(sent, identity, source.file, source.line)
    lists = Lists(key.of)
    changes = leaf_changes(difference(canonical(source.body), canonical(source.again), lists), lists)
    unstable = tuple(change.path for _, change in changes)
    return key, Sent(sent, digest(without_fields(sent, unstable)), source.file, source.line, unstable=unstable)


def _made(source: SourceObject, ready: Ready, namespaced: bool | None) -> tuple[ObjectKey, Object, str]:
    """An object under its key as it is sent, and its digest."""
    try:
        problems = refusals(source.body)
        body = canonical(source.body) if not problems else source.body
    except ManifestError as wrong:
        raise UserMistake(wrong.message, file=source.file, line=source.line) from None
    if problems:
        raise NotTaken("; ".join(problems), file=source.file, line=source.line)
    body = _placed(body, ready.app.namespace, namespaced)
    key = key_of(body)
    if namespaced is not False and not key.namespace:
        raise UserMistake(
            f"{key} names no namespace",
            "write metadata.namespace, or `namespace:` at the app in .plumbline.yaml",
            file=source.file,
            line=source.line,
        )
    refused = refusal(ready.grant, namespaced is not False, key) if ready.grant else None
    if refused:
        raise NotTaken(refused, file=source.file, line=source.line)
    sent = labelled(body, ready.applyset)
    return key, sent, digest(sent)


def _placed(body: Object, namespace: str, namespaced: bool | None) -> Object:
    """The object in the namespace it will really land in: cluster-scoped kinds lose one that was written by habit."""
    metadata = dict(body["metadata"])
    if namespaced is False:
        metadata.pop("namespace", None)
    elif namespace and not metadata.get("namespace"):
        metadata["namespace"] = namespace
    return {**body, "metadata": metadata}


def _with_crds(sources: tuple[SourceObject, ...], scope: Scope) -> Scope:
    """Scopes as known, and for kinds nobody serves yet as the CRDs of the same render say."""
    kinds: dict[Kind, bool] = {}
    for source in sources:
        kind = declared(source.body)
        if kind is not None:
            kinds[kind] = value_at(source.body, ("spec", "scope")) != "Cluster"

    def look(kind: Kind) -> bool | None:
        known = scope(kind)
        return kinds.get(kind) if known is None else known

    return look
