"""Which dangers of a merge queue's candidate nobody saw."""

from bot.domain.plans import Change, Verb
from bot.planning.unshown import unshown
from tests.comments.samples import CACHE, SERVICE, WEB_UPDATE, plan, row

DELETE = Change(CACHE, Verb.DELETE)


def test_a_danger_counts_as_shown_on_its_own_target_alone() -> None:
    candidate = plan(row("prod/web", DELETE), row("staging/web", DELETE, WEB_UPDATE))
    assert unshown(candidate, [plan(row("prod/web", DELETE))]) == (f"staging/web delete {CACHE}",)


def test_replaces_and_takeovers_are_dangers_and_updates_are_not() -> None:
    candidate = plan(row("prod/web", WEB_UPDATE, Change(SERVICE, Verb.REPLACE), Change(CACHE, Verb.TAKEOVER)))
    assert unshown(candidate, []) == (f"prod/web replace {SERVICE}", f"prod/web takeover {CACHE}")


def test_what_others_merged_before_does_not_count() -> None:
    assert unshown(plan(row("prod/web", WEB_UPDATE, writes=(DELETE, WEB_UPDATE), pending=(DELETE,))), []) == ()
