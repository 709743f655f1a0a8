"""What the bot says of orphans, as plain text: in the audit, in its log, and on the doctor's list."""

from bot.domain.orphans import Orphans

_MOST = 5
REMEDY = "see whether anybody needs them; delete them by hand, or bring them back to Git: the bot never deletes them"


def orphans_say(found: Orphans) -> str:
    """How many there are of one target, why they are told, and the first of them."""
    many = len(found.objects)
    named = ", ".join(map(str, found.objects[:_MOST])) + (f" and {many - _MOST} more" if many > _MOST else "")
    objects = "1 object" if many == 1 else f"{many} objects"
    if found.gone:
        return f"{objects} left behind by {found.target}, which the config no longer has: {named}"
    return f"{objects} with the label of {found.target} in no inventory: {named}"
