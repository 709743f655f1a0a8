"""Runs inside the jail: a chart's templates under another clock, to find what they print of the time.

Neither an environment variable nor a time namespace moves the clock that helm reads, so the copy of a template that is
rendered says another time where it asks for `now` (sprig). Not seen: archives in `charts`, values that are templates
themselves, and `ago`.
"""

import os
import re
from datetime import UTC, datetime, timedelta

from bot.renderers.inputs import TREE

_AHEAD = timedelta(days=397, hours=1, minutes=1, seconds=1)
"""Far enough that year, month, day, hour, minute and second all differ."""
_TEMPLATES = "/templates/"
_TEXT = r'"(?:[^"\\]|\\.)*+"|`[^`]*+`|/\*(?:(?!\*/).)*+\*/'
_ACTION = re.compile(r"\{\{(?>" + _TEXT + r"|(?!\}\}).)*+\}\}", re.DOTALL)
_NOW = re.compile(rf"(?P<text>{_TEXT})|(?<![\w.$])now(?!\w)", re.DOTALL)


def is_template(file: str) -> bool:
    """Whether a file of the tree is a template of some chart, and not a file that templates may print as it is."""
    place = f"/{file}"
    folders = (place[: found.start()] for found in re.finditer(_TEMPLATES, place))
    return any(os.path.lexists(f"{TREE}{folder}/Chart.yaml") for folder in folders)


def at_another_time(template: bytes) -> bytes:
    """The template as it would be at another time. Lines stay where they are; what is not UTF-8 stays as it is."""
    if b"now" not in template:
        return template
    try:
        text = template.decode()
    except UnicodeDecodeError:
        return template
    then = f'(toDate "2006-01-02 15:04:05" "{datetime.now(UTC) + _AHEAD:%Y-%m-%d %H:%M:%S}")'

    def moved(action: re.Match[str]) -> str:
        return _NOW.sub(lambda found: found["text"] or then, action[0])

    return _ACTION.sub(moved, text).encode()
