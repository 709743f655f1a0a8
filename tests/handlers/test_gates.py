"""What a merged commit has to wait for, by the front door: approvals, holds, locks, windows, admins; cancel."""

from collections.abc import Mapping

import pytest

from bot.ports.audit import Wanted
from tests.handlers.shop import STAGING, Files, Shop, config, wait_until, workload

pytestmark = pytest.mark.together

APPROVED = "environments:\n  staging: {cluster: demo, approvals: 1}\n"
NEVER_OPEN = 'environments:\n  staging: {cluster: demo, windows: [{deny: "* * * * *", for: 5m}]}\n'


def answered(shop: Shop, number: int, words: str) -> None:
    """Wait until one of the bot's short answers says this."""
    wait_until(
        f"{words!r} is answered",
        lambda: any(words in each.body for each in shop.comments(number)),
        say=lambda: "\n---\n".join(each.body for each in shop.comments(number)) + shop.world.log()[-6000:],
    )


def begun(shop: Shop, environments: str) -> None:
    """A healthy first commit, then these rules by a push that is judged by those from before."""
    shop.wait_deployed(shop.begin())
    shop.push({".plumbline.yaml": config(environments)}, by="bob")
    wait_until("the rules are read", lambda: shop.delivered() == shop.tip())


def merged(shop: Shop, files: Files, said: str) -> tuple[int, str]:
    """A pull by bob that ana merged and that waits; its number and commit."""
    number = shop.pull(files)
    shop.wait_plan(number)
    commit = shop.merge(number)
    waits(shop, number, said)
    return number, commit


def waits(shop: Shop, number: int, said: str) -> None:
    """Wait until the deployment's comment says this of something that waits."""
    wait_until(
        f"{said!r} is said",
        lambda: said in shop.comment(number, "deployment"),
        say=lambda: shop.comment(number, "deployment") + shop.world.log()[-6000:],
    )


def ruled(files: Files, environments: str) -> Mapping[str, str | bytes | None]:
    """The files with these rules."""
    return {**files, ".plumbline.yaml": config(environments)}


def test_an_unapproved_pull_waits_until_a_deployer_who_had_no_hand_in_it_approves(shop: Shop) -> None:
    begun(shop, APPROVED)
    number, commit = merged(shop, ruled(shop.app("web:2"), APPROVED), "approvals of `#")
    shop.wait_check(commit, "plumbline/deploy/staging", "action_required")
    shop.write(number, "/plumb approve", by="bob")
    answered(shop, number, "does not approve it")
    assert shop.state(commit=commit) == "waiting"
    shop.world.forge.review(number, by="ana", state="CHANGES_REQUESTED", repository=shop.path)
    review = shop.world.forge.review(number, by="ana", repository=shop.path)
    shop.wait_deployed(commit)
    assert review
    assert shop.images() == {"web:2"}


def test_an_approval_binds_the_head_and_a_push_voids_it(shop: Shop) -> None:
    begun(shop, APPROVED)
    number = shop.pull(ruled(shop.app("web:2"), APPROVED))
    shop.wait_plan(number)
    wait_until("the plan is noted as shown", lambda: "posted" in shop.slots(number))
    given = shop.write(number, "/plumb approve staging", by="ana")
    wait_until("it is noted", lambda: "rocket" in shop.reactions(number, given))
    branch = shop.world.forge.pull(number, shop.path).head_branch
    shop.push(shop.app("web:3") | {".plumbline.yaml": config(APPROVED)}, branch, by="bob")
    commit = shop.merge(number)
    waits(shop, number, "0 of 1 so far")
    assert shop.images() == {"web:1"}
    shop.write(number, "/plumb approve staging", by="ana")
    shop.wait_deployed(commit)
    assert shop.images() == {"web:3"}


def test_a_pull_that_lowers_the_count_still_needs_it_and_an_admin_may_override_with_a_reason(shop: Shop) -> None:
    begun(shop, APPROVED)
    number, commit = merged(shop, ruled(shop.app("web:2"), STAGING), "approvals of `#")
    shop.write(number, "/plumb deploy --override approvals", by="ana")
    answered(shop, number, "--override is for repository admins")
    shop.world.forge.set_role(shop.path, "rita", "admin")
    shop.write(number, "/plumb deploy --override approvals", by="rita")
    answered(shop, number, "needs a reason")
    shop.write(number, "/plumb deploy --override approvals --reason nobody else is awake", by="rita")
    shop.wait_deployed(commit)
    noted = shop.ledger(lambda tx: [each.entry for each in tx.audit.page(0, _all(shop), 1000)])
    assert ("rita", "override") in {(each.actor, each.action) for each in noted}
    assert ("ana", "refused") in {(each.actor, each.action) for each in noted}


def test_a_pull_and_its_exact_reversal_need_no_approval(shop: Shop) -> None:
    begun(shop, APPROVED)
    number, _ = merged(shop, ruled(shop.app("web:2"), APPROVED), "approvals of `#")
    back = shop.pull(ruled(shop.app("web:1"), APPROVED))
    shop.wait_plan(back)
    shop.wait_deployed(shop.merge(back))
    assert shop.rows()[-1].undone == (number, back)
    assert shop.images() == {"web:1"}


def test_a_commit_without_a_pull_is_approved_on_an_issue_of_its_own(shop: Shop) -> None:
    begun(shop, APPROVED)
    commit = shop.push(shop.app("web:2") | {".plumbline.yaml": config(APPROVED)}, by="bob")
    shop.wait_check(commit, "plumbline/deploy/staging", "action_required")
    issue = wait_for_issue(shop, commit)
    shown = shop.world.forge.issue(issue, shop.path).body or ""
    assert "+ registry.example/web:2" in shown, "what is approved stands above it"
    assert "### Plan: web changes in staging" in shown
    shop.write(issue, "/plumb approve", by="ana")
    shop.wait_deployed(commit)
    wait_until("the issue is closed", lambda: shop.world.forge.issue(issue, shop.path).state == "closed")


def test_holds_and_locks_stop_it_and_explain_says_who_and_why(shop: Shop) -> None:
    shop.wait_deployed(shop.begin())
    number = shop.pull(shop.app("web:2"))
    shop.wait_plan(number)
    shop.write(number, "/plumb hold\n/plumb lock staging/web --reason the fair is on --for 2h", by="bob")
    wait_until("both are noted", lambda: shop.ledger(lambda tx: tx.holds.of(shop.key) and tx.locks.of(shop.key)))
    commit = shop.merge(number)
    waits(shop, number, "held by bob")
    waits(shop, number, "the fair is on")
    shop.write(number, "/plumb explain", by="rita")
    answered(shop, number, "staging/web is locked by bob")
    shop.write(number, "/plumb unlock staging/web", by="ana")
    answered(shop, number, "was locked by bob")
    shop.write(number, "/plumb status\n/plumb config", by="rita")
    answered(shop, number, "| staging | web |")
    answered(shop, number, "whoever has maintain or more")
    assert shop.state(commit=commit) == "waiting"
    shop.write(number, "/plumb unhold\n/plumb unlock staging/web", by="bob")
    shop.wait_deployed(commit)


def test_outside_its_windows_nothing_goes_unless_an_admin_says_so(shop: Shop) -> None:
    begun(shop, NEVER_OPEN)
    number, commit = merged(shop, ruled(shop.app("web:2"), NEVER_OPEN), "outside its deployment windows")
    shop.write(number, "/plumb deploy", by="ana")
    wait_until("a word alone does not help", lambda: shop.rows()[-1].word == "ana")
    assert shop.state(commit=commit) == "waiting"
    shop.world.forge.set_role(shop.path, "ana", "admin")
    shop.write(number, "/plumb deploy staging/web --override window --reason it burns", by="ana")
    shop.wait_deployed(commit)


def test_a_new_environment_waits_for_a_repository_admin(shop: Shop) -> None:
    shop.wait_deployed(shop.begin())
    number, commit = merged(shop, shop.both("web:2"), "waiting for a repository admin")
    shop.write(number, "/plumb deploy prod/web", by="ana")
    answered(shop, number, "a repository admin has to say deploy")
    shop.world.forge.set_role(shop.path, "ana", "admin")
    shop.write(number, "/plumb deploy prod/web", by="ana")
    shop.wait_deployed(commit, "staging", "prod")


def test_cancel_stops_what_goes_on_and_deploy_tries_it_again(shop: Shop) -> None:
    shop.wait_deployed(shop.begin())
    number = shop.pull(shop.app("web:2", ready_after="600s"))
    shop.wait_plan(number)
    commit = shop.merge(number)
    wait_until("it settles", lambda: shop.state(commit=commit) == "settling")
    shop.write(number, "/plumb cancel", by="bob")
    answered(shop, number, "Cancel is for")
    shop.write(number, "/plumb cancel", by="ana")
    shop.wait_check(commit, "plumbline/deploy/staging", "cancelled")
    assert shop.rows()[-1].reason == "cancelled by ana"
    shop.write(number, "/plumb deploy", by="ana")
    wait_until("it goes on", lambda: shop.state(commit=commit) == "settling")
    assert shop.rows()[-1].attempt == 2


def test_a_block_finding_is_accepted_by_the_approval_of_a_deployer(shop: Shop) -> None:
    shop.wait_deployed(shop.begin())
    privileged = shop.app("web:2")
    text = str(privileged["apps/web/staging/web.yaml"])
    privileged["apps/web/staging/web.yaml"] = text.replace(
        "image: 'registry.example/web:2'", "image: 'registry.example/web:2', securityContext: {privileged: true}"
    )
    number = shop.pull(privileged)
    shop.wait_plan(number)
    shop.wait_check(shop.head(number), end="action_required")
    wait_until("the plan is noted as shown", lambda: "posted" in shop.slots(number))
    shop.write(number, "/plumb approve", by="ana")
    shop.wait_check(shop.head(number), end="success")


def test_a_push_of_two_commits_is_judged_by_the_rules_from_before_all_of_it(shop: Shop) -> None:
    begun(shop, APPROVED)
    rooms, found = shop.world.forge.rooms, shop.world.forge.repository(shop.path)
    with rooms.world.lock:
        bare, tip = rooms.world.bare(found), shop.tip()
        loosened = bare.commit_tree(
            bare.write_tree(tip, {".plumbline.yaml": config()}), [tip], "Loosen\n", ("bob", "bob")
        )
        changed = bare.commit_tree(bare.write_tree(loosened, shop.app("web:2")), [loosened], "Change\n", ("bob", "bob"))
        bare.set_ref("refs/heads/main", changed)
        rooms.branches.settle(found, "bob")
    shop.wait_check(changed, "plumbline/deploy/staging", "action_required")
    assert [each.wait.value for each in shop.rows()[-1].conditions] == ["approvals"]
    assert shop.images() == {"web:1"}


def test_merges_one_after_the_other_bring_prod_the_newest_that_staging_ran(shop: Shop) -> None:
    shop.wait_deployed(shop.begin(shop.both()), "staging", "prod")
    merges = []
    for image in ("web:2", "web:3", "web:crash", "web:5"):
        slow = {"apps/web/staging/web.yaml": workload(shop.staging, image=image, ready_after="3s")}
        number = shop.pull({**shop.both(image), **slow})
        merges.append((number, shop.merge(number)))
    newest = merges[-1][1]
    shop.wait_deployed(newest, "staging", "prod")
    began = {row.commit for row in shop.rows("prod/web") if row.started}
    ran = {row.commit for row in shop.rows() if row.state.value == "healthy"}
    assert newest in began <= ran
    assert merges[2][1] not in began
    assert shop.images(shop.prod) == {"web:5"}
    for number, commit in merges:
        waits(shop, number, commit[:7] if commit in began else newest[:7])


def test_a_tip_that_git_has_lost_ends_what_waited_with_a_reason(shop: Shop) -> None:
    begun(shop, NEVER_OPEN)
    merged(shop, ruled(shop.app("web:2"), NEVER_OPEN), "outside its deployment windows")

    def ended() -> bool:
        # Again and again: a webhook of the merge that comes late makes the bot read the real tip once more.
        shop.ledger(lambda tx: tx.repositories.move(shop.key, "main", "f" * 40, before=shop.tip()))
        return shop.state() == "failed"

    wait_until("it ended", ended)
    assert "ffffff" in shop.rows()[-1].reason


def wait_for_issue(shop: Shop, commit: str) -> int:
    """The number of the commit's issue, once it was opened."""
    repository = shop.world.forge.repository(shop.path)

    def found() -> list[int]:
        every = list(shop.world.forge.rooms.world.issues.items())
        return [
            number for (owner, number), each in every if owner == repository.id and each.title.startswith(commit[:7])
        ]

    wait_until("the issue is there", found, say=lambda: shop.world.log()[-3000:])
    return found()[0]


def _all(shop: Shop) -> Wanted:
    return Wanted(repository=shop.key)
