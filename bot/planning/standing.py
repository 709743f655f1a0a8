"""Whether sending an object would leave it as it lives, remembered from one look at a deployment to the next.

Confirming compares everything, and applying does so again, wave by wave, though little has changed meanwhile. For a
kind of the API server's own, `uid` and `resourceVersion` say all that lives, so the answer stands for as long as
neither these nor what is sent change. What is sent carries its target's label: no two targets share an answer. Custom
resources are compared each time, as a changed definition shows another object at the same version (pruning,
conversion).
"""

from bot.objects.identity import Object, group_of
from bot.objects.ownership import MANAGER
from bot.objects.resending import changes_nothing
from bot.planning.sides import Sent

REMEMBERED = 20_000
"""Answers, of some 300 bytes each; then all are forgotten, and found again by comparing."""

_DOTTED = ("networking.k8s.io", "rbac.authorization.k8s.io")

_KNOWN: set[tuple[str, str, str]] = set()


def stands(sent: Sent, live: Object) -> bool:
    """Whether an object, with what is left to others as it lives, would be left as it is by sending it."""
    metadata = live["metadata"]
    seen = (sent.digest, metadata.get("uid") or "", metadata.get("resourceVersion") or "")
    # Fields that each render makes up anew are in no digest.
    lasting = all(seen) and not sent.unstable and _built_in(sent.body)
    if lasting and seen in _KNOWN:
        return True
    found = changes_nothing(sent.body, live, MANAGER)
    if found and lasting:
        if len(_KNOWN) >= REMEMBERED:
            _KNOWN.clear()
        _KNOWN.add(seen)
    return found


def _built_in(body: Object) -> bool:
    """A definition's group has a dot (apiextensions), and may end as groups of the server's own do."""
    group = group_of(body["apiVersion"])
    return "." not in group or group in _DOTTED
