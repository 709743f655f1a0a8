"""Sentences of an API server without the values that it prints in them: quoted specs, wrong-typed values, Go structs.

A 422 for a Pod quotes its live environment, and a typing error quotes the value it did not expect (seen on 1.37). So
paths, reasons and names whose place in a sentence is known stay, and every other quotation goes.
"""

import re

_GONE = "…"
_LABELLED = re.compile(r"\b((?:Invalid|Unsupported|Duplicate|Internal|Too long|Too many) value): ")
_GO_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
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
        text = _GO_TEXT.match(line)
        end = text.end() if text else line.find(": ") if line[:1] not in "{[&" else line.rfind(": ")
        line = line[end:] if end >= 0 and line[end : end + 2] == ": " else f": {_GONE}"
    return done + line


def _quotation(found: re.Match[str], line: str) -> str:
    """A quotation stays where only a name can stand, and looks like one."""
    before, after = line[max(0, found.start() - 400) : found.start()], line[found.end() : found.end() + 20]
    if _NAME.fullmatch(found[0][1:-1]) and (_NAMED_BEFORE.search(before) or _NAMED_AFTER.match(after)):
        return found[0]
    return f"{found[0][0]}{_GONE}{found[0][0]}"
