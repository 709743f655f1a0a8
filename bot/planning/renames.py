"""A ConfigMap or Secret that is named by a hash of its contents, as kustomize does: one change, not two objects.

The old one is still used by pods of before, so it goes only once nothing uses it any more.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.plans import Change, Verb
from bot.objects.canonical import unlabelled
from bot.objects.difference import difference
from bot.objects.identity import Kind, Object, ObjectKey
from bot.objects.leaves import leaf_changes
from bot.objects.redact import Redactor
from bot.planning.fields import Telling, shown
from bot.planning.findings import Compared

_HASHED = re.compile(r"(?P<stem>.+)-[bcdfghkmt2456789]{10}")
"""The characters of kustomize's hashes (kubernetes-sigs/kustomize, api/hasher)."""

_KINDS = (Kind("", "ConfigMap"), Kind("", "Secret"))
Stem = tuple[Kind, str, str]


def renamed(compared: Sequence[Compared], redactor: Redactor) -> list[Compared]:
    """The same objects, where one replaces another under a new hash told as what changed in it."""
    olds, news = _bystem_of(compared, gone=True), _bystem_of(compared, gone=False)
    found = {each.key: each for each in compared}
    for stem in olds.keys() & news.keys():
        if len(olds[stem]) == len(news[stem]) == 1:
            old, new = olds[stem][0], news[stem][0]
            found[new.key] = _told(old, new, redactor)
    return list(found.values())


def _bystem_of(compared: Sequence[Compared], *, gone: bool) -> dict[Stem, list[Compared]]:
    found: dict[Stem, list[Compared]] = {}
    for each in compared:
        stem = stem_of(each.key)
        base, head = each.sides.base is not None, each.sides.head is not None
        if stem is not None and base is gone and head is not gone:
            found.setdefault(stem, []).append(each)
    return found


def stem_of(key: ObjectKey) -> Stem | None:
    """What stays the same of a name that ends in a hash of the contents; None for other names and kinds."""
    match = _HASHED.fullmatch(key.name) if key.of in _KINDS else None
    return (key.of, key.namespace, match["stem"]) if match else None


def _told(old: Compared, new: Compared, redactor: Redactor) -> Compared:
    before, after, change = old.sides.base, new.sides.head, new.verdict.change
    if before is None or after is None or change is None or change.verb is not Verb.CREATE:
        return new
    telling = Telling(new.key, redactor)
    found = difference(_nameless(before.body), _nameless(after.body), telling.lists)
    fields = tuple(shown(each, telling) for _, each in leaf_changes(found, telling.lists))
    return replace(new, verdict=replace(new.verdict, change=Change(new.key, Verb.CREATE, fields, change.checked)))


def _nameless(body: Object) -> Object:
    metadata = {name: value for name, value in unlabelled(body)["metadata"].items() if name != "name"}
    return {**body, "metadata": metadata}
