"""Fields that are left to others: one rule for planning, drift and applying (`ignore` in the config, and autoscalers).

A field that is left alone takes its live value in what is sent, so that nothing changes; it is not sent at all where
somebody else holds it and keeps it without us. A new object is sent as Git has it: there is nobody to leave it to.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache

from bot.domain.config import IgnoreRule
from bot.objects.canonical import PART_OF, digest
from bot.objects.identity import Object, ObjectKey, key_of
from bot.objects.leaves import leaves
from bot.objects.listkeys import Lists
from bot.objects.ownership import MANAGER, Owner, owners_of
from bot.objects.paths import ABSENT, Path, str_path, value_at
from bot.objects.replacing import replaced
from bot.planning.sides import Sent
from bot.ports.clusters import PlanCluster, Refused

_ENTRY = 3
"""Steps to one label or annotation."""

_REPLICAS: Path = ("spec", "replicas")
_AUTOSCALER = ("kube-controller-manager", "scale")
"""Who writes replicas through the scale subresource on behalf of a HorizontalPodAutoscaler."""


def _concerns(body: Object, rules: Sequence[IgnoreRule]) -> bool:
    """Whether the live object has to be known before this one is sent."""
    return value_at(body, _REPLICAS) is not ABSENT or any(_matches(rule, key_of(body)) for rule in rules)


def heeding(cluster: PlanCluster, sent: Sent, rules: Sequence[IgnoreRule]) -> Object:
    """The object as it is to be sent to this cluster, which is asked only where that matters.

    Raises ClusterUnreachable.
    """
    body = sent.body
    if not (sent.unstable or _concerns(body, rules)):
        return body
    key = key_of(body)
    resource = cluster.resource(key.of, body["apiVersion"].rpartition("/")[2])
    live = cluster.get(resource, key.namespace, key.name) if resource else None
    return left_alone(body, None if isinstance(live, Refused) else live, rules, sent.unstable)


def heeded(sent: Sent, live: Object | None, rules: Sequence[IgnoreRule]) -> Sent:
    """The object with what is left to others as it lives."""
    body = left_alone(sent.body, live, rules, sent.unstable)
    return sent if body is sent.body else replace(sent, body=body, digest=digest(body), written=sent.body)


def left_alone(body: Object, live: Object | None, rules: Sequence[IgnoreRule], unstable: Sequence[Path] = ()) -> Object:
    """The object as it is to be sent: fields that rules name, and replicas that an autoscaler sets, as they live.

    So are `unstable` ones, which each render makes up anew, wherever they live already.
    """
    if live is None:
        return body
    for path in unstable:
        value = value_at(live, path)
        if value is not ABSENT and value_at(body, path) is not ABSENT:
            body = replaced(body, path, ABSENT if _kept_by_others(live, path) else value)
    for path in _paths(body, live, rules):
        value = value_at(live, path)
        body = replaced(body, path, ABSENT if value is ABSENT or _kept_by_others(live, path) else value)
    return body


def _paths(body: Object, live: Object, rules: Sequence[IgnoreRule]) -> list[Path]:
    """The fields of the object that are left alone, each at its top."""
    key = key_of(body)
    patterns = [_pattern(rule.field) for rule in rules if _matches(rule, key)]
    found: dict[Path, None] = {}
    for path, _ in leaves((), body, Lists(key.of, live)) if patterns else ():
        tops = [path[:length] for length in range(1, len(path) + 1)]
        top = next((top for top in tops if any(each.fullmatch(str_path(top)) for each in patterns)), None)
        if top is not None and _may_be_left(path):
            found[path[:_ENTRY] if path[0] == "metadata" and len(top) < _ENTRY else top] = None
    if value_at(body, _REPLICAS) is not ABSENT and _scaled(live):
        found[_REPLICAS] = None
    return list(found)


def _scaled(live: Object) -> bool:
    """Whether an autoscaler has set the replicas."""
    return any((owner.manager, owner.subresource) == _AUTOSCALER for owner in owners_of(live, _REPLICAS))


def _may_be_left(path: Path) -> bool:
    """Whether a field is nobody's identity: names, kinds and our label are never left to others."""
    if path[0] == "metadata":
        return len(path) >= _ENTRY and path[1] in ("annotations", "labels") and path[2] != PART_OF
    return path[0] not in ("apiVersion", "kind")


def _matches(rule: IgnoreRule, key: ObjectKey) -> bool:
    parts = ((key.group, rule.group), (key.kind, rule.kind), (key.name, rule.name))
    return all(fnmatchcase(text, pattern) for text, pattern in parts)


@cache
def _pattern(field: str) -> re.Pattern[str]:
    """A field's pattern: `*` stands for anything, everything else for itself, brackets of list items too."""
    return re.compile(".*".join(re.escape(part) for part in field.split("*")))


def _kept_by_others(live: Object, path: Path) -> bool:
    """Whether the field stays when we no longer send it: others hold it, and not only beside us by an update."""
    owners = owners_of(live, path)
    ours = any(_is_ours(owner) for owner in owners)
    others = [owner for owner in owners if not _is_ours(owner)]
    return any(owner.operation == "Apply" for owner in others) if ours else bool(others)


def _is_ours(owner: Owner) -> bool:
    return (owner.manager, owner.operation) == (MANAGER, "Apply")
