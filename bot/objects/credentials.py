"""Credentials inside any text: known token shapes, private keys, passwords in URLs, assignments to secret names."""

import re
from collections.abc import Callable, Iterator

from bot.objects.secrecy import looks_secret

Replace = Callable[[str], str]

_SHAPES = re.compile(
    r"""
      -----BEGIN[ ][A-Z0-9 ]{0,40}PRIVATE[ ]KEY(?:[ ]BLOCK)?-----[\s\S]*?(?:-----END[ ][A-Z0-9 ]{0,60}-----|\Z)
    | AGE-SECRET-KEY-[0-9A-Z]+
    | \bgh[a-z]_[A-Za-z0-9_]{16,} | \bgithub_pat_[A-Za-z0-9_]{16,}
    | \bgl[a-z]{2,6}-[A-Za-z0-9_.-]{16,}
    | \bxox[a-z]-[A-Za-z0-9-]{8,} | \bxapp-[A-Za-z0-9-]{8,}
    | \b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}
    | \bAIza[A-Za-z0-9_-]{30,} | \bya29\.[A-Za-z0-9_.-]{10,} | \bGOCSPX-[A-Za-z0-9_-]{10,}
    | \b(?:sk|rk|pk|whsec)_(?:live_|test_)?[A-Za-z0-9]{16,} | \bsk-[A-Za-z0-9_-]{16,}
    | \bSG\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}
    | \b(?:npm_|pypi-|dop_v1_|doo_v1_|shpat_|hvs\.|hvb\.|dckr_pat_|hf_)[A-Za-z0-9_-]{12,}
    | \beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){0,3}
    | \b(?:[Bb]asic|[Bb]earer|BASIC|BEARER)[ ]{1,4}(?=\S{0,64}[A-Z0-9=+/])[A-Za-z0-9+/=_.~-]{6,}
    | https://hooks\.slack\.com/\S+ | https://discord(?:app)?\.com/api/webhooks/\S+
    | (?<=://)[^\s:/?\#@"'<>]{0,128}:[^\s"'<>]{1,256}(?=@)
    """,
    re.VERBOSE,
)
_DOCKER = re.compile(r"""["']auths?["'][ \t\r\n]{0,8}:""")
_NAMED = re.compile(r"""(?P<name>[A-Za-z0-9_.-]{2,80})(?P<sign>["']?[ \t]{0,8}(?:=>|:=|[:=])[ \t]{0,8})""")
_VALUE = re.compile(r"""(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*')(?=[\s,}\])]|\Z)|[^\n]*""")
_EQUALS = re.compile(r"""(?P<name>[A-Za-z0-9_.-]{2,80})(?P<sign>["']?=)(?P<value>"[^"\n]*"|'[^'\n]*'|\S+)""")
_FLAG = re.compile(r"(?P<name>(?<!\S)--?[A-Za-z][A-Za-z0-9_.-]{1,80})(?P<sign>[ \t]{1,8})(?P<value>[^\s-]\S*)")

_SPOKEN = re.compile(
    r"""
      (?P<name>(?<!\S)(?:requirepass|masterauth|(?i:password|passwd|passphrase|identified[ ]by)(?=[ \t]{1,8}["'])))
      (?P<sign>[ \t]{1,8})(?P<value>"[^"\n]*"|'[^'\n]*'|\S+)
    | (?P<user>(?<!\S)(?:-u|--user)[ \t=]{1,8}["']?[^\s:"']{1,128}:)(?P<pass>[^\s"']+)
    """,
    re.VERBOSE,
)
"""A secret without a sign before it: in redis.conf, in SQL, and after `curl -u`."""


def scrubbed(text: str, replaced: Replace) -> str:
    """The text of a value or file with what is secret in it replaced. After a secret name, the line's rest goes.

    So do the lines below it that are indented further, as a YAML block would be.
    """
    if _DOCKER.search(text):
        return replaced(text)
    text = _SHAPES.sub(lambda found: replaced(found[0]), text)
    text = _SPOKEN.sub(lambda found: _after_its_name(found, replaced), text)
    text = _FLAG.sub(lambda found: _assigned(found, replaced, lone_key=False), text)
    return "\n".join(_lines(text.split("\n"), replaced))


def without_credentials(text: str, replaced: Replace) -> str:
    """A sentence, such as an error, with credentials in it replaced: shapes, flags and `name=value`.

    A colon after a secret name stays, because errors write `path: reason`.
    """
    if _DOCKER.search(text):
        return replaced(text)
    text = _SHAPES.sub(lambda found: replaced(found[0]), text)
    text = _SPOKEN.sub(lambda found: _after_its_name(found, replaced), text)
    text = _FLAG.sub(lambda found: _assigned(found, replaced, lone_key=False), text)
    return _EQUALS.sub(lambda found: _assigned(found, replaced, lone_key=True), text) if "=" in text else text


def flags_secret(argument: str) -> bool:
    """Whether a command's argument is a flag whose value, the next argument, is a secret: `--password`."""
    return argument.startswith("-") and "=" not in argument and looks_secret(argument.lstrip("-"))


def _lines(lines: list[str], replaced: Replace) -> Iterator[str]:
    position = 0
    while position < len(lines):
        line = lines[position]
        position += 1
        names = _NAMED.finditer(line) if ":" in line or "=" in line else ()
        found = next((match for match in names if _is_secret(match)), None)
        value = _VALUE.match(line, found.end()) if found else None
        if found is None or value is None:
            yield line
            continue
        end = _block_end(lines, position, line) if value[0].strip()[:1] in ("", "|", ">", "&", "!") else position
        hidden = "\n".join([value[0], *lines[position:end]])
        rest = "".join(_lines([line[value.end() :]], replaced)) if value.end() < len(line) else ""
        yield f"{line[: found.end()]}{'' if value[0] else ' '}{replaced(hidden)}{rest}"
        position = end


def _block_end(lines: list[str], start: int, head: str) -> int:
    """The end of the lines that belong to a name: indented further, or list items at its own depth."""
    depth = _depth(head)
    end = start
    while end < len(lines):
        line = lines[end]
        listed = _depth(line) == depth and line.lstrip().startswith("- ") and not head.lstrip().startswith("- ")
        if line.strip() and _depth(line) <= depth and not listed:
            break
        end += 1
    return end


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_secret(found: re.Match[str]) -> bool:
    return looks_secret(found["name"].strip("-."), lone_key="=" in found["sign"])


def _after_its_name(found: re.Match[str], replaced: Replace) -> str:
    if found["user"]:
        return found["user"] + replaced(found["pass"])
    return found["name"] + found["sign"] + replaced(found["value"])


def _assigned(found: re.Match[str], replaced: Replace, *, lone_key: bool) -> str:
    if not looks_secret(found["name"].strip("-."), lone_key=lone_key):
        return found[0]
    return found["name"] + found["sign"] + replaced(found["value"])
