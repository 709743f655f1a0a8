"""GitHub's adapter against the test forge: every port, one job at a time, with narrowed tokens."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.domain.errors import TryLater
from bot.domain.pulls import Repository, Role
from bot.forges.github.app import App
from bot.forges.github.github import GitHub
from bot.forges.github.permissions import strongest
from bot.ports.checks import Annotation, Check, Conclusion
from bot.ports.forge import ForgeRefused
from bot.ports.forge_deployments import ForgeDeploymentState
from bot.ports.reactions import Emoji
from fixtures.forge.stage import Stage

pytest_plugins = ["fixtures.forge.pytest_forge"]
COMMENTS, CHECKS, DEPLOYMENTS = "pull_requests:write", "checks:write", "deployments:write"
REACTIONS = "issues:write"
PULLS = ("pull_requests:read", "contents:read")


@pytest.fixture
def hub(stage: Stage) -> Iterator[GitHub]:
    """The adapter as wiring makes it."""
    app = App(stage.forge.app.id, stage.forge.app.private_key, stage.forge.url)
    github = GitHub(app)
    yield github
    github.close()


@pytest.fixture
def shop(stage: Stage) -> Repository:
    """acme/shop as a webhook would name it."""
    found = stage.forge.repository("acme/shop")
    return Repository("github", found.id, found.full_name, stage.installation.id)


def requests(stage: Stage, method: str) -> int:
    """How many REST calls of a method an installation token made."""
    return sum(1 for each in stage.forge.requests if each.method == method and "/access_tokens" not in each.path)


def check(stage: Stage, **more: object) -> Check:
    """A check on the default branch's tip."""
    facts: dict[str, object] = {
        "conclusion": Conclusion.RUNNING,
        "title": "planning",
        "summary": "It is being planned.",
        **more,
    }
    return Check("plumbline/plan", stage.forge.tip("main"), **facts)  # type: ignore[arg-type]


def test_pull_is_read_with_head_base_and_author(stage: Stage, hub: GitHub, shop: Repository) -> None:
    number = stage.open_pull()
    with hub.open(shop, *PULLS) as forge:
        pull = forge.pulls.get(number)
        assert pull is not None
        assert (pull.number, pull.open, pull.merged, pull.merge_commit) == (number, True, False, None)
        assert pull.head == stage.forge.pull(number).head_sha
        assert pull.base_branch == "main"
        assert not pull.from_fork(shop)
        assert [each.number for each in forge.pulls.open()] == [number]
        assert forge.pulls.get(999) is None


def test_merged_pull_names_its_merge_commit_and_is_found_by_it(stage: Stage, hub: GitHub, shop: Repository) -> None:
    number = stage.open_pull()
    merged = stage.forge.merge(number, by="ana", method="squash")
    with hub.open(shop, *PULLS) as forge:
        pull = forge.pulls.get(number)
        assert pull is not None
        assert (pull.merged, pull.merge_commit, pull.open) == (True, merged, False)
        assert [each.number for each in forge.pulls.containing(merged)] == [number]
        assert forge.pulls.default_branch() == ("main", merged)


def test_commit_that_the_forge_does_not_know_yet_is_asked_for_later(hub: GitHub, shop: Repository) -> None:
    with hub.open(shop, *PULLS) as forge, pytest.raises(TryLater):
        forge.pulls.containing("0" * 40)


def test_comment_is_written_found_among_ours_rewritten_and_removed(stage: Stage, hub: GitHub, shop: Repository) -> None:
    number = stage.open_pull()
    theirs = stage.forge.comment(number, "/plumb plan", by="ana")
    with hub.open(shop, COMMENTS) as forge:
        ours = forge.comments.create(number, "<!-- one -->\nhello")
        assert [(each.id, each.by_us, each.edited) for each in forge.comments.ours(number)] == [(ours, True, False)]
        said = forge.comments.get(theirs)
        assert said is not None
        assert (said.author, said.body, said.by_us, said.edited) == ("ana", "/plumb plan", False, False)
        assert forge.comments.edit(ours, "other")
        assert [each.body for each in stage.forge.comments(number)] == ["/plumb plan", "other"]
        forge.comments.delete(ours)
        forge.comments.delete(ours)
        assert not forge.comments.edit(ours, "gone")
        assert forge.comments.get(ours) is None


def test_ours_are_found_behind_hundreds_of_others(stage: Stage, hub: GitHub, shop: Repository) -> None:
    number = stage.open_pull()
    for at in range(120):
        stage.forge.comment(number, f"chat {at}", by="ana")
    with hub.open(shop, COMMENTS) as forge:
        made = forge.comments.create(number, "ours")
        assert [each.id for each in forge.comments.ours(number)] == [made]


def test_writing_one_comment_is_one_request(stage: Stage, hub: GitHub, shop: Repository) -> None:
    number = stage.open_pull()
    with hub.open(shop, COMMENTS) as forge:
        made = forge.comments.create(number, "one")
        forge.comments.edit(made, "two")
    assert [requests(stage, method) for method in ("GET", "POST", "PATCH")] == [0, 1, 1]


def test_reaction_is_added_once_and_a_deleted_comment_is_fine(stage: Stage, hub: GitHub, shop: Repository) -> None:
    number = stage.open_pull()
    theirs = stage.forge.comment(number, "/plumb plan", by="ana")
    with hub.open(shop, REACTIONS) as forge:
        forge.reactions.add(theirs, Emoji.SEEN)
        forge.reactions.add(theirs, Emoji.SEEN)
        assert [each.content for each in stage.forge.comments(number)[0].reactions] == ["eyes"]
        stage.forge.delete_comment(theirs, by="ana")
        forge.reactions.add(theirs, Emoji.DONE)


def test_check_runs_then_ends_and_is_found_by_name(stage: Stage, hub: GitHub, shop: Repository) -> None:
    with hub.open(shop, CHECKS) as forge:
        made = forge.checks.create(check(stage))
        (run,) = stage.forge.check_runs(stage.forge.tip("main"))
        assert (run.id, run.status, run.conclusion, run.title) == (made, "in_progress", None, "planning")
        assert forge.checks.find(run.sha, "plumbline/plan") == made
        assert forge.checks.find(run.sha, "another") is None
        assert forge.checks.find("0" * 40, "plumbline/plan") is None
        assert forge.checks.update(made, check(stage, conclusion=Conclusion.FAILURE, title="failed"))
        (run,) = stage.forge.check_runs(stage.forge.tip("main"))
        assert (run.status, run.conclusion, run.title) == ("completed", "failure", "failed")
        assert not forge.checks.update(made + 1000, check(stage))
        assert forge.checks.page(made) == f"{stage.forge.url}/acme/shop/runs/{made}"


@pytest.mark.parametrize("count", [1, 50, 51, 120])
def test_all_annotations_arrive_once_however_often_they_are_sent(
    stage: Stage, hub: GitHub, shop: Repository, count: int
) -> None:
    remarks = tuple(Annotation("a.yaml", at + 1, "warning", "odd", f"line {at}") for at in range(count))
    ended = check(stage, conclusion=Conclusion.FAILURE, annotations=remarks)
    with hub.open(shop, CHECKS) as forge:
        made = forge.checks.create(check(stage))
        assert forge.checks.update(made, ended)
        assert forge.checks.update(made, ended)
        again = forge.checks.create(ended)
    runs = {run.id: run for run in stage.forge.check_runs(stage.forge.tip("main"))}
    assert [len(runs[each].annotations) for each in (made, again)] == [count, count]


def test_forge_deployment_is_made_once_and_gets_statuses(stage: Stage, hub: GitHub, shop: Repository) -> None:
    tip = stage.forge.tip("main")
    with hub.open(shop, DEPLOYMENTS) as forge:
        assert forge.deployments.find(tip, "prod") is None
        made = forge.deployments.create(tip, "prod")
        assert forge.deployments.find(tip, "prod") == made
        assert forge.deployments.find(tip, "staging") is None
        assert forge.deployments.say(made, ForgeDeploymentState.IN_PROGRESS, "x" * 300)
        assert forge.deployments.say(made, ForgeDeploymentState.SUCCESS, "done", "https://web.acme.io")
        assert not forge.deployments.say(made + 1000, ForgeDeploymentState.SUCCESS, "done")
    (record,) = stage.forge.deployments()
    assert (record.sha, record.environment, record.task) == (tip, "prod", "plumbline")
    assert [each.state for each in record.statuses] == ["in_progress", "success"]
    assert len(record.statuses[0].description) == 140


@pytest.mark.parametrize("role", ["read", "triage", "write", "maintain", "admin"])
def test_role_in_a_private_repository_is_what_it_is(stage: Stage, hub: GitHub, shop: Repository, role: str) -> None:
    stage.forge.add_user("cleo")
    stage.forge.set_role("acme/shop", "cleo", role)  # type: ignore[arg-type]
    with hub.open(shop, "metadata:read") as forge:
        assert forge.permissions.role("cleo") is Role(role)


@pytest.mark.parametrize(("given", "counts"), [("read", "none"), ("triage", "triage"), ("maintain", "maintain")])
def test_reading_a_public_repository_is_no_role(stage: Stage, hub: GitHub, given: str, counts: str) -> None:
    found = stage.forge.add_repository("acme/open", private=False)
    stage.forge.add_to_installation(stage.installation.id, "acme/open")
    stage.forge.add_user("cleo")
    stage.forge.set_role("acme/open", "cleo", given)  # type: ignore[arg-type]
    with hub.open(Repository("github", found.id, "acme/open", stage.installation.id), "metadata:read") as forge:
        assert forge.permissions.role("cleo") is Role(counts)


@pytest.mark.parametrize(
    ("permission", "flags", "role"),
    [
        ("write", {"push": True, "triage": True, "pull": True}, Role.WRITE),
        ("write", {"maintain": True, "push": True, "triage": True, "pull": True}, Role.MAINTAIN),
        ("read", {"triage": True, "pull": True}, Role.TRIAGE),
        ("read", {"admin": True, "pull": True}, Role.TRIAGE),
        ("none", {"admin": True}, Role.NONE),
        ("admin", {"pull": True}, Role.READ),
        ("admin", {}, Role.NONE),
        ("admin", None, Role.ADMIN),
        ("write", None, Role.WRITE),
        ("owner", None, Role.NONE),
        (None, None, Role.NONE),
    ],
)
def test_role_is_what_both_the_word_and_the_flags_allow(permission: object, flags: object, role: Role) -> None:
    user = {"login": "cleo"} if flags is None else {"login": "cleo", "permissions": flags}
    assert strongest({"permission": permission, "role_name": "release-captain", "user": user}) is role


def test_stranger_has_no_role(stage: Stage, hub: GitHub, shop: Repository) -> None:
    stage.forge.add_user("mallory")
    with hub.open(shop, "metadata:read") as forge:
        assert forge.permissions.role("mallory") is Role.NONE
        assert forge.permissions.role("nobody-of-that-name") is Role.NONE


def test_team_member_is_known_and_everybody_else_is_not(stage: Stage, hub: GitHub, shop: Repository) -> None:
    stage.forge.add_user("cleo")
    stage.forge.add_team("acme/sre", ["cleo"])
    with hub.open(shop, "metadata:read") as forge:
        assert forge.permissions.in_team("cleo", "acme/sre")
        assert not forge.permissions.in_team("ana", "acme/sre")
        assert not forge.permissions.in_team("cleo", "acme/other")
        assert not forge.permissions.in_team("cleo", "sre")


def test_token_cannot_do_more_than_the_job_named(stage: Stage, hub: GitHub, shop: Repository) -> None:
    number = stage.open_pull()
    with hub.open(shop, "checks:write") as forge, pytest.raises(ForgeRefused) as refused:
        forge.comments.create(number, "hello")
    assert refused.value.status == 403


def test_token_is_minted_once_per_set_of_permissions(stage: Stage, hub: GitHub, shop: Repository) -> None:
    for _ in range(3):
        with hub.open(shop, *PULLS) as forge:
            forge.pulls.open()
    minted = [each for each in stage.forge.requests if each.path.endswith("/access_tokens")]
    assert len(minted) == 1


def test_token_that_ended_early_is_replaced_in_the_middle_of_a_job(stage: Stage, hub: GitHub, shop: Repository) -> None:
    number = stage.open_pull()
    with hub.open(shop, COMMENTS) as forge:
        made = forge.comments.create(number, "one")
        stage.forge.faults.expire_tokens()
        assert forge.comments.edit(made, "two")
    assert [each.body for each in stage.forge.comments(number)] == ["two"]


def test_token_near_its_end_is_not_used(stage: Stage, hub: GitHub, shop: Repository) -> None:
    stage.forge.token_lifetime = timedelta(seconds=200)
    for _ in range(2):
        with hub.open(shop, *PULLS) as forge:
            forge.pulls.open()
    assert len([each for each in stage.forge.requests if each.path.endswith("/access_tokens")]) == 2


def test_git_gets_an_address_without_the_token_in_it(stage: Stage, hub: GitHub, shop: Repository) -> None:
    address, token = hub.git_remote(shop)
    assert address == f"{stage.forge.url}/acme/shop.git"
    assert token
    assert token not in address


def test_app_that_was_removed_is_a_definite_no(hub: GitHub, shop: Repository) -> None:
    gone = Repository(shop.forge, shop.id, shop.path, 1)
    with hub.open(gone, *PULLS) as forge, pytest.raises(ForgeRefused):
        forge.pulls.open()
