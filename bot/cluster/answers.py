"""What an answer to a server-side apply means: accepted, in conflict, or refused and why. Pure.

Texts are those of Kubernetes 1.37, matched loosely since other minors word them differently. Text comes before the
code: the same policy may answer 403, 413 or 422, and a typing error is a 500 without a reason.
"""

import re
from typing import Any

from bot.cluster.response import Response
from bot.objects.identity import Object
from bot.objects.matching import conflicts, immutable
from bot.ports.clusters import Accepted, Answer, Conflicted, Refusal, Refused

_TYPING = re.compile(
    r"failed to create typed (?:patch|live|manager) object|failed to convert new object|field not declared in schema"
    r"|duplicate entries for key|failed to create manager for existing fields"
)
_TYPING_FIELD = re.compile(r"\):(?: errors:)?\s+(\.(?:[^\s:\[]|\[[^\]]*\])+):")
_TOO_LARGE = re.compile(r"request is too large|ResourceExhausted|request entity too large|limit is \d+ but was", re.I)
_POLICY = re.compile(
    r"ValidatingAdmissionPolicy '|MutatingAdmissionPolicy '|^admission webhook \"|violates PodSecurity"
    r"|does not support dry run|disallowed by cluster policy"
)
_QUOTA = re.compile(r"exceeded quota:|failed quota:|(?:maximum|minimum) \S+ usage per |max limit to request ratio per ")
_MODIFIED = "the object has been modified"


def classify(response: Response) -> Answer:
    """The meaning of an answer to an apply, dry or real.

    Answers that say nothing about the object (429, 502–504, a webhook that is away) never get here: the gateway keeps
    trying and then calls the cluster unreachable.
    """
    if response.ok:
        return Accepted(response.json(), response.warnings)
    failure, message = response.failure(), response.message
    met = conflicts(failure)
    if met:
        return Conflicted(met)
    return Refused(_why(response.status, failure, message), message, _field(failure, message))


def final(response: Response) -> bool:
    """Whether asking again cannot change a 5xx: typing errors and objects too large for etcd are 500 as well."""
    message = response.message
    return bool(_TYPING.search(message) or _TOO_LARGE.search(message))


def _why(code: int, failure: Object, message: str) -> str:
    if _TYPING.search(message):
        return Refusal.TYPING
    by_text = ((_POLICY, Refusal.POLICY), (_QUOTA, Refusal.QUOTA), (_TOO_LARGE, Refusal.TOO_LARGE))
    for pattern, why in by_text:
        if pattern.search(message):
            return why
    if code == 403:
        leaving = any(cause.get("reason") == "NamespaceTerminating" for cause in _causes(failure))
        return Refusal.NO_NAMESPACE if leaving else Refusal.FORBIDDEN
    if code == 404:
        return Refusal.NO_NAMESPACE if _details(failure).get("kind") == "namespaces" else Refusal.NO_KIND
    if code == 409:
        return Refusal.MODIFIED if _MODIFIED in message and "uid" not in message.lower() else Refusal.GONE
    if code == 413:
        return Refusal.TOO_LARGE
    return _why_invalid(failure)


def _why_invalid(failure: Object) -> str:
    if immutable(failure):
        return Refusal.IMMUTABLE
    causes = _causes(failure)
    if any(cause.get("field") == "metadata.uid" for cause in causes):
        return Refusal.GONE
    if any(cause.get("reason") == "FieldValueTooLong" and cause.get("field") == "[]" for cause in causes):
        return Refusal.TOO_LARGE
    return Refusal.INVALID


def _field(failure: Object, message: str) -> str:
    """The first field that the server names; a cause without one has `<nil>` or `[]` there."""
    fields = (str(cause.get("field") or "") for cause in _causes(failure))
    from_typing = _TYPING_FIELD.search(message)
    return next((field for field in fields if field not in ("", "<nil>", "[]")), from_typing[1] if from_typing else "")


def _details(failure: Object) -> dict[str, Any]:
    details = failure.get("details")
    return details if isinstance(details, dict) else {}


def _causes(failure: Object) -> list[dict[str, Any]]:
    causes = _details(failure).get("causes")
    return [cause for cause in causes if isinstance(cause, dict)] if isinstance(causes, list) else []
