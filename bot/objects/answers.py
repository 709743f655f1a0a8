"""Sentences of an API server without the values that it prints in them: quoted specs, wrong-typed values, Go structs.

A 422 for a Pod quotes its live environment, and a typing error quotes the value it did not expect (seen on 1.37). So
paths, reasons and names whose place in a sentence is known stay, and every other quotation goes.
"""

import re

_GONE = "…"
_LABELLED = re.compile(r"\b((?:Invalid|Unsupported|Duplicate|Internal|Too long|Too many) value): ")
_GO_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_GO_WORD = re.compile(r"[A-Za-z0-9_.+-]{1,80}(?=: )")
_STRUCTURE = re.compile(r"(?:&?[A-Za-z0-9_.*\[\]]{0,80}\{|\bmap\[|\bgot &).*")
_QUOTED = re.compile(r"""\"(?:[^"\\]|\\.)*(?:"|\Z)|(?<![A-Za-z0-9])'[^']*(?:'|\Z)|`[^`]*(?:`|\Z)""")
_NAMED_BEFORE = re.compile(
    r"(?:\b(?:API group|binding|configmap|conflicts? with|container|exec:|image|kind|namespace|namespaces|PodSecurity"
    r"|resource|secret|service|serviceaccount|subresource|ValidatingAdmissionPolicy|volume|webhook|User|user) "
    r"|[\[,][A-Za-z]{1,40}=|supported values: (?:\"[^\"]{0,80}\", ){0,40})$"
)
_NAMED_AFTER = re.compile(r" (?:not found|is forbidden|is invalid|already exists)\b")
_CONTINUED = re.compile(r"- \.|conflicts with \"")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/@-]{0,252}|")


def without_values(message: str) -> str:
    """The sentence without printed values. What follows the first line goes too, but for the lines of a conflict."""
    first, *rest = message.split("\n")
    kept = [line for line in rest if _CONTINUED.match(line)]
    lines = [_line(first), *map(_line, kept)]
    return " ".join(lines) + (f" {_GONE}" if len(kept) < len([line for line in rest if line.strip()]) else "")


def _line(line: str) -> str:
    line = _STRUCTURE.sub(_GONE, _without_labelled(line))
    return _QUOTED.sub(lambda found: _quotation(found, line), line)


def _without_labelled(line: str) -> str:
    """`Invalid value: "x": reason` → `Invalid value: reason`. A value that has no clear end takes the rest along."""
    done = ""
    while found := _LABELLED.search(line):
        done += line[: found.end(1)]
        line = line[found.end() :]
        end = _value_end(line)
        line = line[end:] if line.startswith(": ", end) else f": {_GONE}"
    return done + line


def _value_end(line: str) -> int:
    """Where a printed Go value at the start of a line ends: a quoted text, a plain word, or a structure in brackets."""
    plain = _GO_TEXT.match(line) or _GO_WORD.match(line)
    if plain:
        return plain.end()
    depth, position = 0, 0
    while position < len(line):
        quoted = _GO_TEXT.match(line, position)
        depth += (line[position] in "{[(") - (line[position] in "}])")
        position = quoted.end() if quoted else position + 1
        if depth == 0 and line[position - 1] in "}])" and not line.startswith("{", position):
            return position
    return position


def _quotation(found: re.Match[str], line: str) -> str:
    """A quotation stays where only a name can stand, and looks like one."""
    before, after = line[max(0, found.start() - 400) : found.start()], line[found.end() : found.end() + 20]
    if _NAME.fullmatch(found[0][1:-1]) and (_NAMED_BEFORE.search(before) or _NAMED_AFTER.match(after)):
        return found[0]
    return f"{found[0][0]}{_GONE}{found[0][0]}"
