"""Text from strangers made harmless: nothing invisible, nothing a terminal obeys, nothing that Markdown renders."""

import re

_JOINER = "\N{WORD JOINER}"
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u2800\u3164\uffa0")
"""Letters and marks that print as nothing. Variation selectors are left to the test on combining marks."""

_BREAKS = re.compile(
    r"""
      (?<=<)(?=[A-Za-z/!?])             # a tag, a comment, a declaration
    | (?<=--)(?=>)                      # the end of a comment
    | (?<=&)(?=\#?[A-Za-z0-9]+;)        # an entity
    | (?<=`)(?=`)                       # a fence, or the end of a span with two backticks
    | (?<=~~)(?=~)                      # a fence
    | (?<=@)(?=[A-Za-z0-9_])            # a mention
    | (?<=[#!$%&~])(?=[0-9A-Za-z_"])    # references to issues, pulls, snippets, milestones, labels
    | (?<=[Gg][Hh]-)(?=[0-9])           # GH-12
    | (?<=:)(?=//)                      # a link
    | (?<=[Ww]{3})(?=\.)                # a link without a scheme
    | (?<=[Mm][Aa][Ii][Ll][Tt][Oo]:)(?=\S)
    | (?<=[Xx][Mm][Pp][Pp]:)(?=\S)
    | (?<=\])(?=[(\[:])                 # a link or image with a text, a definition
    | ^(?=/[A-Za-z])                    # a quick action of GitLab, or one of our own commands
    """,
    re.VERBOSE | re.MULTILINE,
)


def visible(text: str) -> str:
    """The text with everything unseen written out: control characters, line ends, bidi, zero-width, odd blanks.

    One line comes out. Doing it twice changes nothing more.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_written(character) for character in text)


def broken(text: str) -> str:
    """Visible text in which Markdown finds no tag, entity, link, mention, reference, fence or quick action.

    Word joiners, which show nothing, are put where one would begin; no run of backticks is longer than one.
    """
    return _BREAKS.sub(_JOINER, text)


def shortened(text: str, limit: int) -> str:
    """The text, cut to a number of characters, saying how many are missing."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit:,} characters more)"


def _written(character: str) -> str:
    if character.isprintable() and character not in _BLANK and not "\ufe00" <= character <= "\ufe0f":
        return character if not "\U000e0100" <= character <= "\U000e01ef" else f"\\U{ord(character):08x}"
    if character in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
