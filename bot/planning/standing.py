"""Whether sending an object would leave it as it lives, remembered from one look at a deployment to the next.

Confirming compares everything, and applying does so again, wave by wave, though little has changed meanwhile. What an
object is called and which version of it lives (`uid`, `resourceVersion`) says all about it, so the answer stands for
as long as neither these nor what is sent change.
"""

from bot.objects.identity import Object
from bot.objects.ownership import MANAGER
from bot.objects.resending import changes_nothing
from bot.planning.sides import Sent

REMEMBERED = 20_000

_KNOWN: set[tuple[str, str, str]] = set()


def stands(sent: Sent, live: Object) -> bool:
    """Whether an object, with what is left to others as it lives, would be left as it is by sending it."""
    seen = (sent.digest, live["metadata"]["uid"], live["metadata"]["resourceVersion"])
    # Fields that each render makes up anew are in no digest.
    if not sent.unstable and seen in _KNOWN:
        return True
    found = changes_nothing(sent.body, live, MANAGER)
    if found and not sent.unstable:
        if len(_KNOWN) >= REMEMBERED:
            _KNOWN.clear()
        _KNOWN.add(seen)
    return found
