"""Rights that grow: rules that allow more than before, bindings that reach more people, roles that rule all."""

from collections.abc import Iterator
from typing import Any

from bot.objects.identity import Object, kind_of
from bot.objects.paths import value_at
from bot.objects.risk.note import Level, RiskNote

_GROUP = "rbac.authorization.k8s.io"
_ESCALATING = frozenset({"*", "bind", "escalate", "impersonate"})
"""Verbs with which whoever holds them can take more (RBAC good practices, privilege escalation risks)."""

_EVERYBODY = frozenset({"system:anonymous", "system:authenticated", "system:unauthenticated"})
_MIGHTY = frozenset({"admin", "cluster-admin"})
_INTO_PODS = ("pods/attach", "pods/exec", "pods/portforward", "serviceaccounts/token")
_READING = tuple((verb, "secrets") for verb in ("get", "list", "watch"))
Right = tuple[str, str, str, str]


def wider_rules(before: Object | None, after: Object | None) -> list[RiskNote]:
    """A role allows what it did not allow before."""
    if after is None or kind_of(after).group != _GROUP or kind_of(after).kind not in ("ClusterRole", "Role"):
        return []
    had = set(_rights(before))
    new = [right for right in _rights(after) if not any(_covers(old, right) for old in had)]
    if any(right[0] in _ESCALATING or "*" in right[:3] for right in new):
        return [
            RiskNote(Level.BLOCK, "mighty-rights", "rules", "it allows everything of a kind, or to take more rights")
        ]
    if any(right[2] in _INTO_PODS for right in new):
        return [RiskNote(Level.BLOCK, "mighty-rights", "rules", "it allows to act inside pods or as other accounts")]
    if any(right[:3:2] in _READING for right in new):
        return [RiskNote(Level.WARN, "reads-secrets", "rules", "it allows to read secrets")]
    if new and before is not None:
        return [RiskNote(Level.WARN, "wider-rights", "rules", "it allows more than before")]
    return []


def wider_bindings(before: Object | None, after: Object | None) -> list[RiskNote]:
    """A binding reaches somebody it did not reach before."""
    if after is None or kind_of(after).group != _GROUP or not kind_of(after).kind.endswith("Binding"):
        return []
    had = {_subject(each) for each in _maps((before or {}).get("subjects"))}
    new = [each for each in map(_subject, _maps(after.get("subjects"))) if each not in had]
    if any(name in _EVERYBODY for _, _, name in new):
        return [
            RiskNote(Level.BLOCK, "rights-for-everybody", "subjects", "it binds everybody who can reach the server")
        ]
    if new and kind_of(after).kind == "ClusterRoleBinding" and value_at(after, ("roleRef", "name")) in _MIGHTY:
        return [RiskNote(Level.BLOCK, "mighty-rights", "subjects", "it gives somebody every right in the cluster")]
    if new and before is not None:
        return [RiskNote(Level.WARN, "wider-rights", "subjects", "it reaches more people or programs than before")]
    return []


def _rights(body: Object | None) -> Iterator[Right]:
    """Each verb, group, resource and name that a role allows; a name of `*` stands for all."""
    for rule in _maps((body or {}).get("rules")):
        places = [("", url) for url in _texts(rule.get("nonResourceURLs"))]
        places += [(group, each) for group in _texts(rule.get("apiGroups")) for each in _texts(rule.get("resources"))]
        for verb in _texts(rule.get("verbs")):
            for group, resource in places:
                for name in _texts(rule.get("resourceNames")) or ["*"]:
                    yield verb, group, resource, name


def _covers(old: Right, new: Right) -> bool:
    return all(mine in ("*", theirs) for mine, theirs in zip(old, new, strict=True))


def _subject(subject: dict[str, Any]) -> tuple[str, str, str]:
    return str(subject.get("kind")), str(subject.get("namespace") or ""), str(subject.get("name"))


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _maps(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
