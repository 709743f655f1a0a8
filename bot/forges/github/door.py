"""GitHub's webhooks, pure: `verify` whether GitHub sent a delivery, then `parse` it into an event or nothing.

Only the fields read here must be right; everything else in a payload may be missing or new, because 52 of the 329
examples that GitHub publishes do not fit its own schema. Unknown events and actions are nothing, not mistakes.
"""

import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from bot.domain.events import (
    BranchMoved,
    CandidateChanged,
    CheckAskedAgain,
    CommentWritten,
    Event,
    PullChanged,
    RepositoriesAdded,
    Reviewed,
)
from bot.domain.pulls import Repository
from bot.ports.doors import ParsedDelivery

FORGE = "github"
EVENT_NEEDS = ("merge_queues:read",)
"""Rights without which GitHub does not send an event; nothing is asked with them."""
PULL_ACTIONS = frozenset({"opened", "synchronize", "reopened", "edited", "ready_for_review", "closed"})
REVIEW_ACTIONS = frozenset({"submitted", "dismissed"})
INSTALLATION_ACTIONS = frozenset({"created", "unsuspend", "new_permissions_accepted"})
MAX_SECRETS = 2
_DELIVERY = re.compile(r"[0-9A-Za-z-]{1,64}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_QUEUED = re.compile(r"refs/heads/gh-readonly-queue/.+/pr-(\d{1,9})-[0-9a-f]{40}")
_PATH = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}", re.ASCII)


class GitHubDoor:
    """Admits deliveries of one GitHub App. `secrets` are the live webhook secrets: one, or two while rotating."""

    def __init__(self, secrets: Sequence[str], app_id: int) -> None:
        """Raises ValueError without a secret, with an empty one, and with more than two."""
        if not secrets or not all(secrets) or len(secrets) > MAX_SECRETS:
            raise ValueError("GitHub's door needs one webhook secret, or two while one replaces the other")
        self._secrets = tuple(secret.encode() for secret in secrets)
        self._app_id = app_id

    def verify(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the raw body carries a signature of a live secret.

        Takes the same time whichever secret fits. Source: GitHub docs, "Validating webhook deliveries".
        """
        said = headers.get("x-hub-signature-256", "").encode(errors="replace")
        fits = False
        for secret in self._secrets:
            expected = b"sha256=" + hmac.new(secret, body, sha256).hexdigest().encode()
            fits |= hmac.compare_digest(said, expected)
        return fits

    def parse(self, headers: Mapping[str, str], body: bytes) -> ParsedDelivery:
        """What a verified delivery says. Raises ValueError (or RecursionError for absurdly deep JSON) for nonsense."""
        delivery = headers.get("x-github-delivery", "")
        if not _DELIVERY.fullmatch(delivery):
            raise ValueError("X-GitHub-Delivery is missing or malformed")
        payload = json.loads(body)
        if not isinstance(payload, dict):
            raise ValueError("the payload is not a JSON object")
        read = _READERS.get(headers.get("x-github-event", ""))
        return ParsedDelivery(delivery, read(payload, self._app_id) if read else None)


def _pull_request(payload: dict[str, Any], _: int) -> Event | None:
    action = _text(payload, "action")
    if action not in PULL_ACTIONS or (action == "edited" and "base" not in _part(payload, "changes")):
        return None
    repository = _repository(payload)
    return PullChanged(repository, _number(_part(payload, "pull_request"), "number")) if repository else None


def _review(payload: dict[str, Any], _: int) -> Event | None:
    if _text(payload, "action") not in REVIEW_ACTIONS:
        return None
    repository = _repository(payload)
    return Reviewed(repository, _number(_part(payload, "pull_request"), "number")) if repository else None


def _push(payload: dict[str, Any], _: int) -> Event | None:
    if payload.get("deleted") is True:
        return None
    branch = _text(_part(payload, "repository"), "default_branch")
    if _text(payload, "ref") != f"refs/heads/{branch}":
        return None
    repository = _repository(payload)
    return BranchMoved(repository, branch, _commit(payload, "after")) if repository else None


def _issue_comment(payload: dict[str, Any], app_id: int) -> Event | None:
    """A person's comment on a pull, or on an issue that this App opened."""
    issue = _part(payload, "issue")
    if _text(payload, "action") != "created" or not ("pull_request" in issue or _is_ours(issue, app_id)):
        return None
    comment = _part(payload, "comment")
    writers = (_part(comment, "user"), _part(payload, "sender"))
    if any(_text(writer, "type") != "User" for writer in writers):
        return None
    repository = _repository(payload)
    if repository is None:
        return None
    return CommentWritten(repository, _number(_part(payload, "issue"), "number"), _number(comment, "id"))


def _is_ours(issue: dict[str, Any], app_id: int) -> bool:
    app = issue.get("performed_via_github_app")
    return isinstance(app, dict) and app.get("id") == app_id


def _check(part: str) -> Callable[[dict[str, Any], int], Event | None]:
    def read(payload: dict[str, Any], app_id: int) -> Event | None:
        if _text(payload, "action") != "rerequested":
            return None
        check = _part(payload, part)
        if _number(_part(check, "app"), "id") != app_id:
            return None
        repository = _repository(payload)
        return CheckAskedAgain(repository, _commit(check, "head_sha")) if repository else None

    return read


def _merge_group(payload: dict[str, Any], _: int) -> Event | None:
    """Source: GitHub docs, "Webhook events and payloads", merge_group. The pull's number is in the branch's name."""
    action = _text(payload, "action")
    repository = _repository(payload) if action in ("checks_requested", "destroyed") else None
    if repository is None:
        return None
    group = _part(payload, "merge_group")
    branch = _text(group, "base_ref").removeprefix("refs/heads/")
    named = _QUEUED.fullmatch(_text(group, "head_ref"))
    ends = _commit(group, "head_sha"), _commit(group, "base_sha")
    return CandidateChanged(repository, *ends, branch, int(named[1]) if named else 0, action == "destroyed")


def _installation(payload: dict[str, Any], _: int) -> Event | None:
    return _added(payload, "repositories") if _text(payload, "action") in INSTALLATION_ACTIONS else None


def _installation_repositories(payload: dict[str, Any], _: int) -> Event | None:
    return _added(payload, "repositories_added") if _text(payload, "action") == "added" else None


def _added(payload: dict[str, Any], name: str) -> Event | None:
    installation = _number(_part(payload, "installation"), "id")
    listed = payload.get(name) or []
    if not isinstance(listed, list):
        raise ValueError(f"{name} is not a list")
    found = tuple(_named(_object(each, name), installation) for each in listed)
    return RepositoriesAdded(found) if found else None


def _repository(payload: dict[str, Any]) -> Repository | None:
    """The repository of an event; None when it did not come through an installation, for then nothing lets us in."""
    if payload.get("installation") is None:
        return None
    return _named(_part(payload, "repository"), _number(_part(payload, "installation"), "id"))


def _named(part: dict[str, Any], installation: int) -> Repository:
    path = _text(part, "full_name")
    if not _PATH.fullmatch(path):
        raise ValueError("full_name is not owner/name")
    return Repository(FORGE, _number(part, "id"), path, installation)


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is not an object")
    return value


def _part(payload: dict[str, Any], name: str) -> dict[str, Any]:
    return _object(payload.get(name), name)


def _text(part: dict[str, Any], name: str) -> str:
    value = part.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} is not text")
    return value


def _number(part: dict[str, Any], name: str) -> int:
    value = part.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**63:
        raise ValueError(f"{name} is not a number")
    return value


def _commit(part: dict[str, Any], name: str) -> str:
    value = _text(part, name)
    if not _COMMIT.fullmatch(value):
        raise ValueError(f"{name} is not a commit id")
    return value


_READERS: Mapping[str, Callable[[dict[str, Any], int], Event | None]] = {
    "pull_request": _pull_request,
    "pull_request_review": _review,
    "push": _push,
    "issue_comment": _issue_comment,
    "check_run": _check("check_run"),
    "check_suite": _check("check_suite"),
    "merge_group": _merge_group,
    "installation": _installation,
    "installation_repositories": _installation_repositories,
}

EVENTS = frozenset(_READERS)
"""Names of the webhook events this door admits. `app.yaml` subscribes to these, but for those every app gets."""
