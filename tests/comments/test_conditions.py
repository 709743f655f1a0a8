"""Every condition says what is waited for, who can help, and the next command."""

import pytest

from bot.comments.conditions import condition
from bot.domain.deployments import LEAVING, Condition, Wait
from bot.domain.subjects import Target

WEB = Target("prod", "web")
WHO = "whoever has maintain or more"
SAID = {
    Wait.NEVER: (Condition(Wait.NEVER, "prod"), ["stopped", "`deploy: never`"]),
    Wait.WORD: (Condition(Wait.WORD, who=WHO), ["a deployer's word", WHO, "`/x deploy prod/web`"]),
    Wait.ADMIN: (Condition(Wait.ADMIN, "prod"), ["a repository admin", "`/x deploy prod/web`"]),
    Wait.APPROVALS: (
        Condition(Wait.APPROVALS, "#12", "1 of 2", WHO),
        ["approvals of `#12`", "1 of 2", WHO, "`/x approve prod`", 'a review "Approve"'],
    ),
    Wait.HOLD: (Condition(Wait.HOLD, "#12", who="bob"), ["held by bob", "`#12`", "`/x unhold`"]),
    Wait.LOCK: (
        Condition(Wait.LOCK, "prod", "a fair", "bob"),
        ["prod is locked by bob", "a fair", "`/x unlock prod`"],
    ),
    Wait.WINDOW: (
        Condition(Wait.WINDOW, "Mon 2026-06-08 08:00 Europe/Lisbon"),
        ["until Mon 2026-06-08 08:00 Europe/Lisbon", "`/x deploy prod/web --override window --reason …`"],
    ),
    Wait.ORDER: (Condition(Wait.ORDER, "staging/web"), ["waiting for staging/web"]),
    Wait.HISTORY: (Condition(Wait.HISTORY), ["rewritten", "`/x deploy prod/web --override history --reason …`"]),
    Wait.CONFIRMATION: (
        Condition(Wait.CONFIRMATION, "2@0123abcd"),
        ["2 dangers", "`/x deploy prod/web --confirm 2@0123abcd`"],
    ),
    Wait.NAMESPACE: (Condition(Wait.NAMESPACE, "shop"), ["the namespace shop", "add it to this app"]),
    Wait.CLUSTER: (Condition(Wait.CLUSTER, "one"), ["the cluster one"]),
}


def test_a_namespace_that_is_on_its_way_out_is_said_to_be() -> None:
    said = condition(Condition(Wait.NAMESPACE, "shop", LEAVING), WEB, "/x")
    assert said == "waiting for the namespace shop, which is being deleted: have it made again"


def test_no_condition_is_without_its_sentence() -> None:
    assert set(SAID) == set(Wait)


@pytest.mark.parametrize("wait", Wait)
def test_a_condition_says_who_can_help_and_how(wait: Wait) -> None:
    given, words = SAID[wait]
    said = condition(given, WEB, "/x")
    assert [word for word in words if word not in said] == [], said


def test_what_people_wrote_into_a_lock_is_harmless() -> None:
    said = condition(Condition(Wait.LOCK, "prod", "<img src=x> @ana ![a](b)", "bob"), WEB)
    assert "<img" not in said
    assert "![a](b)" not in said
