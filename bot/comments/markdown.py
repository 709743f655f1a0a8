"""The few Markdown shapes that comments are made of, and the only escaping.

Foreign text is shown either in a code span, in a fence, or as prose with every character that Markdown obeys escaped.
"""

import html
import re
from collections.abc import Iterable, Sequence

from bot.objects.redact import Redacted, inert

_OBEYED = re.compile(r"([\\`*_\[\]|<>~#])")
_BEGINS = re.compile(r"^(\d*)(?:(?<=\d)(?=[.)])|(?<!\d)(?=[-+=]))")
"""What would begin a list or an underlined heading."""
_BACKTICKS = re.compile(r"`+")
_SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")


def prose(text: Redacted) -> str:
    """Foreign text inside a sentence of ours, or as one of its own."""
    return _BEGINS.sub(r"\1\\", _OBEYED.sub(r"\\\1", text.text.strip()))


def worded(text: Redacted) -> str:
    """A message as prose, in which what stands between backticks is a code span, so that it can be copied as it is."""
    parts = _SPAN.split(text.plain.strip())
    return "".join(code(inert(part)) if at % 2 else _amid(part) for at, part in enumerate(parts))


def _amid(part: str) -> str:
    """A stretch of prose with the blanks around it."""
    bare = part.strip()
    return f"{' ' * part[:1].isspace()}{prose(inert(bare))}{' ' * part[-1:].isspace()}" if bare else " " * bool(part)


def label(name: str) -> str:
    """A name (of an environment, an app, a rule) inside a sentence of ours."""
    return prose(inert(name))


def code(text: Redacted) -> str:
    """A code span, from which text can be copied as it is. Its delimiter is longer than any run of backticks inside."""
    shown = text.plain or " "
    ticks = "`" * (1 + max(map(len, _BACKTICKS.findall(shown)), default=0))
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def named(name: object) -> str:
    """A code span of something's name: an object, a path, a file."""
    return code(inert(str(name)))


def cell(markdown: str) -> str:
    """Markdown inside a table: a bare pipe would end the cell, even in a code span."""
    return re.sub(r"(?<!\\)\|", r"\\|", markdown)


def table(header: Sequence[str], right: Iterable[int], rows: Iterable[Sequence[str]]) -> str:
    """A table. `right` are the columns of numbers."""
    numbers = frozenset(right)
    lines = [header, ["--:" if at in numbers else "---" for at in range(len(header))]]
    lines += [[cell(each) for each in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def alert(kind: str, lines: Sequence[str]) -> str:
    """A coloured box: NOTE, WARNING or CAUTION. Several lines become a list."""
    shown = lines if len(lines) == 1 else [f"- {line}" for line in lines]
    return "\n".join([f"> [!{kind}]", *(f"> {line}" for line in shown)])


def diff(lines: Iterable[str]) -> str:
    """A fence that colours lines which begin with + - or @@. It is longer than any run of backticks inside."""
    shown = list(lines)
    longest = max((len(run) for line in shown for run in _BACKTICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}diff", *shown, fence])


def summary(text: str) -> str:
    """Foreign text inside `<summary>`, where Markdown is not read but HTML is."""
    return html.escape(inert(text).text)


def details(summary_html: str, body: str, *, opened: bool = False) -> str:
    """A fold. The blank lines let Markdown be read inside it."""
    start = "<details open>" if opened else "<details>"
    return f"{start}<summary>{summary_html}</summary>\n\n{body}\n\n</details>"


def counted(number: int, one: str, many: str = "") -> str:
    """`1 object`, `3 objects`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(names: Sequence[str], shown: int = 3) -> str:
    """`a`, `a and b`, `a, b and 4 more`."""
    if len(names) > shown + 1:
        return f"{', '.join(names[:shown])} and {len(names) - shown} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 2 else names)
