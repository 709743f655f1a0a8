"""Targets that change alike are shown once, each in its own namespace or under its own name."""

from dataclasses import replace

from bot.comments.plan import About, plan_comment
from bot.domain.plans import Change, Plan, TargetPlan, TargetState, Verb
from bot.domain.subjects import Target
from tests.comments.samples import HEAD, IMAGE, SETTINGS_UPDATE, WEB, WEB_UPDATE, field


def row(environment: str, app: str, *changes: Change) -> TargetPlan:
    """The row of a target whose objects are named after it, in a namespace of its own."""
    moved = [
        replace(each, object=replace(each.object, name=each.object.name.replace("web", app), namespace=environment))
        for each in changes
    ]
    return TargetPlan(Target(environment, app), TargetState.CHANGES, changes=tuple(moved), writes=tuple(moved))


def text_of(*rows: TargetPlan) -> str:
    return "\n".join(plan_comment(Plan(HEAD, HEAD, "d" * 64, rows), About(HEAD)))


def test_fifty_targets_with_the_same_change_show_it_once() -> None:
    text = text_of(*(row(f"eu{number}", "web", WEB_UPDATE, SETTINGS_UPDATE) for number in range(50)))
    assert text.count("```diff") == 2
    assert text.count("web:1.5.0") == 1
    assert "change alike" in text
    assert "the others differ in namespaces and names only" in text


def test_apps_whose_objects_bear_their_names_change_alike() -> None:
    text = text_of(*(row("prod", app, WEB_UPDATE, SETTINGS_UPDATE) for app in ("web", "api", "worker")))
    assert text.count("```diff") == 2


def test_the_odd_one_out_shows_what_differs() -> None:
    odd = Change(WEB, Verb.UPDATE, (IMAGE, field("spec.replicas", 3, 9)))
    rows = [row(f"eu{number}", "web", WEB_UPDATE, SETTINGS_UPDATE) for number in range(4)]
    text = text_of(*rows, row("us1", "web", odd, SETTINGS_UPDATE))
    assert text.count("```diff") == 3
    assert "Only what differs" in text


def test_another_namespace_alone_never_hides_another_value() -> None:
    other = Change(WEB, Verb.UPDATE, (field("spec.replicas", 1, 2),))
    text = text_of(row("eu1", "web", WEB_UPDATE), row("eu2", "web", other))
    assert text.count("```diff") == 2
