"""GitHub's door: who is let in, and what a delivery means, by GitHub's own examples and by nonsense."""

import hmac
import json
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.events import (
    BranchMoved,
    CandidateChanged,
    CheckAskedAgain,
    CommentWritten,
    PullChanged,
    RepositoriesAdded,
    Reviewed,
)
from bot.domain.pulls import Repository
from bot.forges.github.door import EVENTS, GitHubDoor
from fixtures.webhooks import examples

APP, TIP = 77, "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"
SHOP = Repository("github", 12, "acme/shop", 5)
DOOR = GitHubDoor(("old-secret", "new-secret"), APP)


def signed(body: bytes, secret: str) -> dict[str, str]:
    return {"x-hub-signature-256": "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()}


def parsed(event: str, payload: object, door: GitHubDoor = DOOR) -> object:
    headers = {"x-github-event": event, "x-github-delivery": "6f0c2bd6-0000-11ee-8000-000000000000"}
    return door.parse(headers, json.dumps(payload).encode()).event


def payload(**more: Any) -> dict[str, Any]:
    repository = {"id": 12, "full_name": "acme/shop", "default_branch": "main"}
    return {"repository": repository, "installation": {"id": 5}, "sender": {"type": "User"}, **more}


def comment(writer: str = "User", **issue: Any) -> dict[str, Any]:
    said = {"id": 99, "user": {"type": writer}, "body": "/plumb plan"}
    return payload(action="created", issue={"number": 3, "pull_request": {}, **issue}, comment=said)


def check(app: int = APP, action: str = "rerequested", name: str = "check_run") -> dict[str, Any]:
    return payload(action=action, **{name: {"head_sha": TIP, "app": {"id": app}}})


def test_either_live_secret_opens_the_door_and_nothing_else_does() -> None:
    body = b'{"zen": "x"}'
    assert DOOR.verify(signed(body, "old-secret"), body)
    assert DOOR.verify(signed(body, "new-secret"), body)
    assert not DOOR.verify(signed(body, "older-secret"), body)
    assert not DOOR.verify(signed(body, "old-secret"), body + b" ")
    wrong = ["", "sha256=", "sha1=abc", signed(body, "old-secret")["x-hub-signature-256"][7:], "sha256=\u00e9\udcff"]
    assert not any(DOOR.verify({"x-hub-signature-256": each}, body) for each in wrong)
    assert not DOOR.verify({}, body)


@pytest.mark.parametrize("secrets", [(), ("",), ("one", ""), ("one", "two", "three")])
def test_door_is_not_built_without_a_secret_or_with_too_many(secrets: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="secret"):
        GitHubDoor(secrets, APP)


@pytest.mark.parametrize("action", ["opened", "synchronize", "reopened", "ready_for_review", "closed"])
def test_pull_that_changed_is_an_event(action: str) -> None:
    assert parsed("pull_request", payload(action=action, pull_request={"number": 3})) == PullChanged(SHOP, 3)


def test_edited_pull_matters_only_when_its_base_changed() -> None:
    edited = payload(action="edited", pull_request={"number": 3}, changes={"title": {"from": "x"}})
    assert parsed("pull_request", edited) is None
    edited["changes"] = {"base": {"ref": {"from": "main"}}}
    assert parsed("pull_request", edited) == PullChanged(SHOP, 3)


@pytest.mark.parametrize("action", ["labeled", "converted_to_draft", "enqueued", "brand-new"])
def test_pull_actions_that_change_no_plan_are_nothing(action: str) -> None:
    assert parsed("pull_request", payload(action=action, pull_request={"number": 3})) is None


def test_push_counts_on_the_default_branch_alone() -> None:
    assert parsed("push", payload(ref="refs/heads/main", after=TIP)) == BranchMoved(SHOP, "main", TIP)
    assert parsed("push", payload(ref="refs/heads/other", after=TIP)) is None
    assert parsed("push", payload(ref="refs/tags/main", after=TIP)) is None
    assert parsed("push", payload(ref="refs/heads/main", after="0" * 40, deleted=True)) is None


def test_comment_counts_when_a_person_writes_it_on_a_pull() -> None:
    assert parsed("issue_comment", comment()) == CommentWritten(SHOP, 3, 99)
    assert parsed("issue_comment", comment(writer="Bot")) is None
    assert parsed("issue_comment", {**comment(), "sender": {"type": "Bot"}}) is None
    assert parsed("issue_comment", {**comment(), "action": "edited"}) is None
    plain = comment()
    del plain["issue"]["pull_request"]
    assert parsed("issue_comment", plain) is None
    plain["issue"]["performed_via_github_app"] = {"id": APP + 1}
    assert parsed("issue_comment", plain) is None
    plain["issue"]["performed_via_github_app"] = {"id": APP}
    assert parsed("issue_comment", plain) == CommentWritten(SHOP, 3, 99)


def test_a_review_counts_once_submitted_and_once_dismissed() -> None:
    for action, expected in (("submitted", Reviewed(SHOP, 3)), ("dismissed", Reviewed(SHOP, 3)), ("edited", None)):
        assert parsed("pull_request_review", payload(action=action, pull_request={"number": 3})) == expected


@pytest.mark.parametrize("name", ["check_run", "check_suite"])
def test_check_asked_for_again_counts_when_it_is_ours(name: str) -> None:
    assert parsed(name, check(name=name)) == CheckAskedAgain(SHOP, TIP)
    assert parsed(name, check(app=78, name=name)) is None
    assert parsed(name, check(action="completed", name=name)) is None


@pytest.mark.parametrize(
    ("branch", "number"), [(f"gh-readonly-queue/main/pr-3-{TIP}", 3), ("gh-readonly-queue/main/other", 0)]
)
def test_candidate_of_a_merge_queue_is_an_event_until_it_is_gone(branch: str, number: int) -> None:
    group = {"head_sha": TIP, "head_ref": f"refs/heads/{branch}", "base_sha": "b" * 40, "base_ref": "refs/heads/main"}
    said = payload(action="checks_requested", merge_group=group)
    assert parsed("merge_group", said) == CandidateChanged(SHOP, TIP, "b" * 40, "main", number)
    gone = {**said, "action": "destroyed", "reason": "invalidated"}
    assert parsed("merge_group", gone) == CandidateChanged(SHOP, TIP, "b" * 40, "main", number, gone=True)
    assert parsed("merge_group", {**said, "action": "brand-new"}) is None


def test_installation_tells_of_every_repository_in_one_event() -> None:
    listed = [{"id": 12, "full_name": "acme/shop"}, {"id": 13, "full_name": "acme/infra"}]
    both = RepositoriesAdded((SHOP, Repository("github", 13, "acme/infra", 5)))
    created = {"action": "created", "installation": {"id": 5}, "repositories": listed}
    assert parsed("installation", created) == both
    assert parsed("installation", {**created, "action": "deleted"}) is None
    added = {"action": "added", "installation": {"id": 5}, "repositories_added": listed, "repositories_removed": []}
    assert parsed("installation_repositories", added) == both
    assert parsed("installation_repositories", {**added, "action": "removed"}) is None
    assert parsed("installation", {**created, "repositories": []}) is None


def test_event_without_an_installation_or_of_another_kind_is_nothing() -> None:
    pull = payload(action="opened", pull_request={"number": 3})
    del pull["installation"]
    assert parsed("pull_request", pull) is None
    for other in ("ping", "star", ""):
        assert parsed(other, payload()) is None


@pytest.mark.parametrize("delivery", ["", "a b", "x" * 65, "../../etc", "\n"])
def test_delivery_without_a_proper_id_is_refused(delivery: str) -> None:
    with pytest.raises(ValueError, match="X-GitHub-Delivery"):
        DOOR.parse({"x-github-event": "ping", "x-github-delivery": delivery}, b"{}")


@pytest.mark.parametrize("body", [b"", b"payload=%7B%7D", b"[]", b"\xff\xfe", b'"x"', b"1" * 5000])
def test_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        DOOR.parse({"x-github-event": "push", "x-github-delivery": "a"}, body)


def test_absurdly_deep_json_is_refused_and_does_no_harm() -> None:
    with pytest.raises((ValueError, RecursionError)):
        DOOR.parse({"x-github-event": "push", "x-github-delivery": "a"}, b'{"a":' * 100_000)


WRONG = [
    ("pull_request", payload(action="opened", pull_request={"number": "3"})),
    ("pull_request", payload(action="opened", pull_request={"number": True})),
    ("pull_request", payload(action="opened", pull_request={"number": -1})),
    ("pull_request", payload(action="opened", pull_request=[])),
    ("pull_request", {**payload(action="opened", pull_request={"number": 3}), "repository": {"id": 2**70}}),
    ("installation", {"action": [], "installation": {"id": 5}}),
    ("pull_request", payload(action={}, pull_request={"number": 3})),
    ("push", payload(ref=["refs/heads/main"], after=TIP)),
    ("push", payload(ref="refs/heads/main", after="--upload-pack=x")),
    ("push", payload(ref="refs/heads/main", after=TIP.upper())),
    ("installation", {"action": "created", "installation": {"id": 5}, "repositories": {"id": 1}}),
    (
        "installation",
        {"action": "created", "installation": {"id": 5}, "repositories": [{"id": 1, "full_name": "../x/y"}]},
    ),
    ("check_run", payload(action="rerequested", check_run={"head_sha": TIP, "app": None})),
]


@pytest.mark.parametrize(("event", "body"), WRONG)
def test_field_of_the_wrong_kind_is_a_clear_refusal(event: str, body: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"is not|is no"):
        parsed(event, body)


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "action",
                    "repository",
                    "installation",
                    "id",
                    "full_name",
                    "number",
                    "pull_request",
                    "issue",
                    "comment",
                    "ref",
                    "after",
                    "sender",
                    "type",
                    "user",
                    "check_run",
                    "app",
                    "head_sha",
                    "repositories",
                    "changes",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(event=st.sampled_from(sorted(EVENTS)), body=_ANY)
def test_whatever_comes_is_an_event_nothing_or_a_value_error(event: str, body: object) -> None:
    try:
        parsed(event, body)
    except ValueError:
        return


def test_every_example_that_github_publishes_is_read_without_complaint() -> None:
    read = 0
    for event in sorted(EVENTS):
        for example in examples(event):
            parsed(event, example.payload)
            read += 1
    assert read > 40
