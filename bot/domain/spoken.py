"""Which lines of a comment its writer says himself: everything but quotes, code, HTML and what a reader does not see.

A line that might be shown as anything else does not count: someone can say a command again, nobody can unsay one. The
rules are CommonMark's (https://spec.commonmark.org/0.31.2/) with two of our own that make them simple. Only lines that
begin at the first column are said, which leaves out indented code and whatever is deeper in a list. And what is open at
the end of a line (a code span, a tag, a link) is taken to stay open until the next blank line.
"""

import re

TAB = 4
_MARKS = r"\s*(?:(?:[-+*]|\d{1,9}[.)])\s+)*"
_QUOTE = re.compile(_MARKS + ">")
_FENCE = re.compile(f"(?P<marks>{_MARKS})(?P<fence>`{{3,}}|~{{3,}})(?P<info>.*)")
_DEFINITION = re.compile(r" {0,3}\[[^\]]*(?:\]:|$)")
_HTML = re.compile(r" {0,3}<[A-Za-z/!?]")
_WHOLE_COMMENT = re.compile(r" {0,3}<!--(?:(?!-->).)*-->")
_CODE = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)")
_HIDING = "details|blockquote|q|pre|code|samp|kbd|tt|xmp|script|style|textarea|template|title|svg|math"
_TAG = re.compile(
    rf"(?P<starts><!--|<\?|<!\[CDATA\[|<![a-z])|<(?P<opens>{_HIDING})\b|</(?P<closes>{_HIDING})\s*>", re.IGNORECASE
)
_ENDS = {"<!--": "-->", "<?": "?>", "<![cdata[": "]]>"}
"""What ends a comment, an instruction and raw characters. A declaration such as <!DOCTYPE ends with >."""

_NEVER = "\n"
"""What ends one that begins behind the first column and goes on: a block may begin before it ends, and it was none."""

_WHOLE = re.compile(r"<[A-Za-z/!?][^<>]*>|\]\([^()]*\)|!\[[^\[\]]*\]")
_OPEN = re.compile(r"`|<[A-Za-z/!?]|\]\(|!\[")


def spoken_lines(body: str) -> list[str]:
    """The lines of a comment that its writer says himself, in order, without trailing blanks."""
    scanner = _Scanner()
    lines = re.split(r"\r\n|\r|\n", body)
    return [line for line in (line.expandtabs(TAB).rstrip() for line in lines) if scanner.says(line)]


class _Scanner:
    """What the lines so far have left open: a fence, a comment, hiding elements, or a block that a blank line ends.

    fence, with margin: how it begins and how far its end may be indented. ends: what ends the comment. in_quote: the
    block is a quote, which closes what is opened in it.
    """

    def __init__(self) -> None:
        self.fence = ""
        self.margin = 0
        self.ends = ""
        self.hiding: list[str] = []
        self.until_blank = False
        self.in_quote = False

    def says(self, line: str) -> bool:
        """Whether the next line is said by its writer."""
        if self.fence:
            self._close_fence(line)
        elif self.ends:
            self._close_comment(line)
        elif self._open_fence(line):
            pass
        elif self.hiding or self.until_blank:
            if not (self.in_quote and _QUOTE.match(line)):
                self._follow(line, trusted=False)
            self.until_blank = bool(line)
            self.in_quote = self.in_quote and self.until_blank
        elif line:
            return self._paragraph(line)
        return False

    def _paragraph(self, line: str) -> bool:
        if _QUOTE.match(line):
            self.until_blank = self.in_quote = True  # the paragraph in a quote goes on without a mark
            return False
        self._follow(line, trusted=not _HTML.match(line))
        if _WHOLE_COMMENT.fullmatch(line) or (self.ends and line.lstrip().startswith("<!--")):
            return False
        self.until_blank = bool(self.hiding or self.ends or _HTML.match(line) or _DEFINITION.match(line))
        self.until_blank = self.until_blank or _leaves_open(line)
        return not self.until_blank and not line.startswith(" ")

    def _open_fence(self, line: str) -> bool:
        opened = _FENCE.fullmatch(line)
        if not opened or ("`" in opened["fence"] and "`" in opened["info"]):
            return False
        in_list = bool(opened["marks"].strip())
        if not in_list and len(opened["marks"]) >= TAB:
            return False  # indented code, or deep in a list that the next line at the first column ends
        self.fence, self.margin = opened["fence"], len(opened["marks"]) if in_list else 0
        return True

    def _close_fence(self, line: str) -> None:
        text = line.strip()
        indented = len(line) - len(line.lstrip())
        if len(text) >= len(self.fence) and set(text) == {self.fence[0]} and indented < self.margin + TAB:
            self.fence = ""

    def _close_comment(self, line: str) -> None:
        _, end, rest = line.partition(self.ends)
        if end:
            self.ends = ""
            self._follow(rest, trusted=False)
            self.until_blank = self.until_blank or _leaves_open(rest)

    def _follow(self, line: str, *, trusted: bool) -> None:
        """Follow comments and hiding elements through a line. An element that is never closed hides the rest.

        trusted: backticks are code for certain, so that a tag between them is only spoken of.
        """
        code = [found.span() for found in _CODE.finditer(line)]
        trusted = trusted and "\\`" not in line
        at = 0
        while found := _TAG.search(line, at):
            at = found.end()
            spoken_of = any(begin < found.start() < end for begin, end in code)
            if found["closes"]:
                if not spoken_of and found["closes"].lower() in self.hiding:
                    while self.hiding.pop() != found["closes"].lower():
                        pass
            elif spoken_of and trusted:
                continue
            elif found["opens"]:
                self.hiding.append(found["opens"].lower())
            else:
                ends = _ENDS.get(found[0].lower(), ">")
                at = line.find(ends, at)
                if at < 0:
                    self.ends = _NEVER if found.start() else ends
                    return


def _leaves_open(line: str) -> bool:
    """Whether a line begins something that its next line may end. An escaped backtick may make code of other parts."""
    return "\\`" in line or bool(_OPEN.search(_WHOLE.sub("", _CODE.sub("", line))))
