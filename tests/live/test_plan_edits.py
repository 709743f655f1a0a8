"""Every edit of the table, planned and then really applied: what the plan says is what the API server then did."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
import yaml

from bot.domain.plans import Cause, Change, Plan, TargetPlan
from bot.objects.identity import Object, ObjectKey, key_of
from bot.objects.ownership import MANAGER
from bot.objects.resending import changes_nothing
from bot.planning.make import PlanRequest, make_plan
from bot.wiring import OwnAccount, local
from fixtures.cluster.access import Access
from tests.live import edits
from tests.live.bodies import PART_OF, differences, flat, inside, lone_items, tops
from tests.live.edits import Edit
from tests.live.further_edits import FURTHER
from tests.live.hands import APPS, Lives, apply, by_hand, lives, objects, sent, settle
from tests.live.planned import Scratch

EDITS = (*edits.EDITS, *FURTHER)
_LIST = re.compile(r"\[\d+\].*")


@dataclass(frozen=True)
class Seen:
    """One edit with its plan, and what lived before and after it was applied. `sent` is what was applied then,
    `resent` what had been applied before."""

    edit: Edit
    row: TargetPlan
    before: Lives
    after: Lives
    base: list[Object]
    head: list[Object]
    sent: Lives
    resent: Lives


@pytest.fixture(scope="module")
def seen(cluster: Access, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    """All edits in one repository: applied as base has them, edited by hand, planned, applied as head has them."""
    namespace = cluster.new_namespace()
    scratch = Scratch.make(tmp_path_factory.mktemp("edits") / "repository")
    apps = {
        name: {"path": f"apps/{name}", "environments": ["prod"], "renderer": "plain", "namespace": namespace}
        for name in APPS
    }
    config = {"version": 1, "apps": apps, "environments": {"prod": {"cluster": "here"}}}
    base = scratch.commit({".plumbline.yaml": yaml.safe_dump(config), **_files(namespace, "before")})
    head = scratch.commit(_files(namespace, "after"))
    bases, heads = (sent(scratch, commit) for commit in (base, head))
    apply(cluster, bases)
    for edit in EDITS:
        for hand in edit.hands:
            by_hand(cluster, namespace, edit, hand)
    settle(cluster, namespace)
    before = lives(cluster, bases + heads)
    with local(scratch.folder, "local:0", OwnAccount(cluster.admin_kubeconfig)) as here:
        here.planner.rendering.workspace.fetch(here.repository, base, head)
        plan = make_plan(PlanRequest(here.repository, base, head, head, everything=True), here.planner)
    assert plan is not None
    apply(cluster, heads)
    after = lives(cluster, bases + heads)
    sides = [before, after, *({key_of(body): body for body in side} for side in (heads, bases))]
    return {edit.name: _part(edit, namespace, plan, sides) for edit in EDITS}


def _part(edit: Edit, namespace: str, plan: Plan, sides: Sequence[Lives]) -> Seen:
    """What of it all belongs to one edit."""
    base, head = (objects(_text(edit, namespace, side), namespace) for side in ("before", "after"))
    keys = {key_of(body) for body in base + head}
    row = next(row for row in plan.targets if row.target.app == _app(edit))
    row = replace(
        row,
        changes=tuple(each for each in row.changes if each.object in keys),
        writes=tuple(each for each in row.writes if each.object in keys),
        drifted=tuple(each for each in row.drifted if each.object in keys),
        findings=tuple(each for each in row.findings if each.object in keys),
    )
    before, after, now, earlier = ({key: body for key, body in some.items() if key in keys} for some in sides)
    return Seen(edit, row, before, after, base, head, now, earlier)


def _app(edit: Edit) -> str:
    return APPS[edit.ends == "error"]


def _text(edit: Edit, namespace: str, side: str) -> str:
    return str(getattr(edit, side)).replace("NAME", edit.name).replace("NS", namespace)


def _files(namespace: str, side: str) -> dict[str, str | None]:
    return {f"apps/{_app(edit)}/{edit.name}.yaml": _text(edit, namespace, side) for edit in EDITS}


def _named(*ends: str) -> list[str]:
    return [edit.name for edit in EDITS if edit.ends in ends]


@pytest.mark.parametrize("name", _named("changes", "drifted", "nothing"))
def test_what_will_be_written_is_what_was_written(seen: dict[str, Seen], name: str) -> None:
    told = {change.object: _told(change) for change in seen[name].row.writes}
    for key, really in _really(seen[name]):
        expected = {path for path in really if _is_news(path, key, really, seen[name])} | _bare(key, seen[name])
        assert _collapsed(told.get(key, {})) == _collapsed(expected), f"{key}: {really}"
        _values_agree(told.get(key, {}), really)


@pytest.mark.parametrize("name", _named("changes"))
def test_the_pulls_change_is_what_applying_it_did(seen: dict[str, Seen], name: str) -> None:
    row = seen[name].row
    drifted = {(each.object, field.path) for each in row.drifted for field in each.fields}
    changes = {change.object: change for change in row.changes}
    assert changes
    for key, really in _really(seen[name]):
        told = _told(changes[key]) if key in changes else {}
        own = {path for path in really if _is_news(path, key, really, seen[name]) and (key, path) not in drifted}
        assert _collapsed(own) <= _collapsed(told)
        assert _collapsed(told) <= _collapsed({*really, *_bare(key, seen[name])})
        _values_agree({path: told[path] for path in told if (key, path) not in drifted}, really)
    assert seen[name].edit.says <= {(f.path, f.cause.value) for change in row.changes for f in change.fields}


@pytest.mark.parametrize("name", [edit.name for edit in EDITS])
def test_what_stays_is_there_as_before(seen: dict[str, Seen], name: str) -> None:
    for change in seen[name].row.changes:
        for field in change.fields:
            if field.cause is Cause.STAYS:
                before, after = (flat(lives[change.object]) for lives in (seen[name].before, seen[name].after))
                assert before[field.path] == after[field.path]


@pytest.mark.parametrize("name", _named("nothing", "drifted"))
def test_an_edit_that_means_nothing_is_no_change(seen: dict[str, Seen], name: str) -> None:
    assert not seen[name].row.changes
    assert bool(seen[name].row.drifted) is (seen[name].edit.ends == "drifted")


@pytest.mark.parametrize("name", _named("nothing"))
def test_an_edit_that_means_nothing_writes_nothing(seen: dict[str, Seen], name: str) -> None:
    assert not seen[name].row.writes
    for key, body in seen[name].before.items():
        assert body["metadata"].get("generation") == seen[name].after[key]["metadata"].get("generation")


@pytest.mark.parametrize("name", _named("replace", "error"))
def test_what_the_plan_says_cannot_be_changed_was_refused(seen: dict[str, Seen], name: str) -> None:
    row, replaced = seen[name].row, seen[name].edit.ends == "replace"
    assert not any(really for _, really in _really(seen[name]))
    assert [write.verb.value for write in row.writes] == (["replace"] if replaced else [])
    file = f"apps/{_app(seen[name].edit)}/{name}.yaml"
    text = _text(seen[name].edit, "NS", "after").splitlines()
    line = 1 + max(number for number, each in enumerate(text) if each.startswith("apiVersion: ") or number == 0)
    told = [
        (each.file, each.line) for each in row.findings if each.rule in ("immutable", "typing", "invalid", "forbidden")
    ]
    assert told == [(file, line)], row.findings


@pytest.mark.parametrize("name", [edit.name for edit in EDITS])
def test_what_need_not_be_sent_again_is_what_sending_it_left_as_it_was(seen: dict[str, Seen], name: str) -> None:
    for key, body in seen[name].sent.items():
        live, after = seen[name].before.get(key), seen[name].after.get(key)
        if live and changes_nothing(body, live, MANAGER):
            assert not differences(live, after)


def test_nearly_all_that_lives_as_it_was_sent_is_known_to(seen: dict[str, Seen]) -> None:
    untouched = [each for each in seen.values() if not each.edit.hands]
    pairs = [(body, each.before.get(key)) for each in untouched for key, body in each.resent.items()]
    unknown = [f"{key_of(body)}" for body, live in pairs if not (live and changes_nothing(body, live, MANAGER))]
    assert len(unknown) < len(pairs) / 10, unknown


@pytest.mark.parametrize("name", [edit.name for edit in EDITS])
def test_nobody_is_blamed_for_drift_where_nobody_was(seen: dict[str, Seen], name: str) -> None:
    if not seen[name].edit.hands:
        assert not seen[name].row.drifted


def _really(seen: Seen) -> Iterator[tuple[ObjectKey, dict[str, tuple[Any, Any]]]]:
    for key in sorted({*seen.before, *seen.after}):
        yield key, differences(seen.before.get(key), seen.after.get(key))


def _told(change: Change) -> dict[str, tuple[str | None, str | None]]:
    found = {}
    for field in change.fields:
        if field.cause is not Cause.STAYS:
            order = field.before is not None and field.before.plain.startswith("order [")
            values = (field.before.plain if field.before else None, field.after.plain if field.after else None)
            found[field.path + ("#" if order else "")] = values
    return found


def _is_news(path: str, key: ObjectKey, really: dict[str, tuple[Any, Any]], seen: Seen) -> bool:
    """Defaults of what Git adds or takes away are no news, nor is an order that follows from an item alone."""
    old, new = really[path]
    if path.endswith("#"):
        common = [
            [step for step in old or [] if step in (new or [])],
            [step for step in new or [] if step in (old or [])],
        ]
        return common[0] != common[1]
    written, other = (seen.head, seen.before) if old is None else (seen.base, seen.after)
    said = {_stored(each) for body in written if key_of(body) == key for each in flat(body)}
    there = set(flat(other.get(key) or {}))
    if path in said or (old is not None and new is not None):
        return path not in ("apiVersion", "kind", "metadata.name", "metadata.namespace")
    if key not in seen.before:
        return False
    if path.endswith("odePort") or "ADDED" in path:
        return old is not None  # the server picks a port; a variable of somebody's goes with its container
    top = next(top for top in tops(path) if not any(inside(each, top) for each in there))
    return not any(inside(each, top) for each in said)


def _bare(key: ObjectKey, seen: Seen) -> set[str]:
    """Items that come or go and that Git writes with nothing but their keys: the server's defaults tell nothing."""
    base, head = (
        {each for body in side if key_of(body) == key for each in flat(body)} for side in (seen.base, seen.head)
    )
    return lone_items(base ^ head, base | head)


def _stored(path: str) -> str:
    return path.replace("stringData.", "data.")


def _collapsed(paths: Any) -> set[str]:
    """Lists without keys count as one field; a port that names no protocol is TCP."""
    return {_LIST.sub("", path) for path in paths if PART_OF not in path}


def _values_agree(told: dict[str, tuple[str | None, str | None]], really: dict[str, tuple[Any, Any]]) -> None:
    for path, values in told.items():
        if (
            path not in really
            or _LIST.search(path)
            or any(value and value.startswith("changed (") for value in values)
            or path.endswith("#")
        ):
            continue
        for shown, value in zip(values, really[path], strict=True):
            assert (shown is None) is (value is None), path
            if isinstance(value, str) and len(value) < 200 and '"' not in str(shown):
                assert shown == value.replace("\n", "\\n"), path
            elif isinstance(value, int):
                assert shown == json.dumps(value), path
