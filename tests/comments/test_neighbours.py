"""What a plan comment says of other pulls and of a base that moved."""

from bot.comments.neighbours import also_changed
from bot.comments.plan import About, plan_comment
from bot.domain.subjects import Target
from tests.comments.samples import HEAD, NEXT, WEB_UPDATE, plan, row

CHANGE = plan(row("prod/web", WEB_UPDATE))


def test_targets_that_the_same_pulls_change_are_named_together() -> None:
    web, api, db = (Target("prod", app) for app in ("web", "api", "db"))
    said = also_changed([(api, 7), (db, 7), (web, 7), (web, 12)])
    assert said == "Also changed: **prod/api** and **prod/db** by #7; **prod/web** by #7 and #12."


def test_many_targets_and_pulls_stay_one_short_line() -> None:
    also = [(Target("prod", f"app-{at}"), number) for at in range(50) for number in range(7, 15)]
    assert also_changed(also) == "Also changed: 50 targets by #7, #8, #9 and 5 more."


def test_a_plan_that_was_overtaken_says_so_on_top() -> None:
    (body,) = plan_comment(CHANGE, About(HEAD, stale=NEXT))
    assert f"moved to <code>{NEXT[:7]}</code>" in body.split("| Environment")[0]
    assert "made again" not in plan_comment(CHANGE, About(HEAD))[0]
