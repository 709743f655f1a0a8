"""Which lines of a comment are said, held against a Markdown parser that knows nothing of our scanner."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.domain.spoken import spoken_lines

SAID = "/plumb plan"

HIDDEN = {
    "a quote": f"> {SAID}",
    "a quote that goes on without a mark": f"> they wrote\n{SAID}",
    "a quote in a list": f"- > they wrote\n{SAID}",
    "a fence after a quote, over a blank line": f"> they wrote\n```\nx\n\n{SAID}\n```",
    "a fence": f"```\n{SAID}\n```",
    "a fence that is never closed": f"```\n\n{SAID}",
    "a fence of tildes with backticks in it": f"~~~\n```\n{SAID}\n~~~",
    "a longer fence": f"````\n```\n{SAID}\n````",
    "a fence whose end is indented too far": f"```\n    ```\n{SAID}\n```",
    "a fence in a list": f"- ```\n{SAID}\n  ```",
    "indented code": f"    {SAID}",
    "code indented by a tab": f"\t{SAID}",
    "a deeper line of a list": f"- so\n  {SAID}",
    "inline code": f"`{SAID}`",
    "inline code over lines": f"try `this\n{SAID}\nnow`",
    "inline code whose beginning is escaped once": f"\\`a` b\n{SAID}\nc`",
    "a comment": f"<!--\n{SAID}\n-->",
    "a comment over a blank line": f"<!-- a\n\n{SAID}\n\n-->",
    "a comment that is never closed": f"<!--\n\n{SAID}",
    "a comment that begins in a line": f"so <!-- a\n{SAID}\n-->",
    "a fold": f"<details>\n\n{SAID}\n\n</details>",
    "a fold whose tag is long": f"<details\nopen>\n\n{SAID}\n\n</details>",
    "a fold in capitals": f"<DETAILS>\n\n{SAID}\n</DETAILS>",
    "a fold whose end is only spoken of": f"<details>\n\n`</details>`\n\n{SAID}\n\n</details>",
    "a fold whose end is in a fence": f"<details>\n\n```\n</details>\n```\n\n{SAID}\n\n</details>",
    "the outer of two folds": f"<details>\n<details>\n</details>\n\n{SAID}\n\n</details>",
    "preformatted text": f"<pre>\n{SAID}\n\n{SAID}</pre>",
    "a quote as HTML": f"<blockquote>\n\n{SAID}\n\n</blockquote>",
    "code that begins in what looks like a comment": f"so <!--\n\n```\n-->\n\n{SAID}",
    "code that begins in a comment in a list": f"- so\n  <!--\n\n```\n-->\n\n{SAID}",
    "a block that begins in what looks like a declaration": f"so<!X\n<pre>\n\n{SAID}",
    "an attribute": f'<a title="\n{SAID}\n">x</a>',
    "an attribute in a line": f'so <a title="\n{SAID}\n">x</a>',
    "the title of a link": f'[so](x "\n{SAID}\n")',
    "the title of a definition": f"[so]: x '\n{SAID}\n'",
    "what an image is called": f"![so\n{SAID}\n](x)",
    "not at the beginning of a line": f"please {SAID}",
}

OPEN = {
    "alone": SAID,
    "below a sentence": f"Looks good.\n{SAID}",
    "with blanks behind it": f"{SAID}  ",
    "with line ends of Windows": f"a\r\n{SAID}\r\nb",
    "after a quote and a blank line": f"> they wrote\n\n{SAID}",
    "after a fence": f"```yaml\n<details>\n<!--\n```\n{SAID}",
    "after a comment": f"<!-- a\nb -->\n{SAID}",
    "after a comment in one line": f"<!-- template -->\n{SAID}",
    "after a fold": f"<details>\n\nx\n\n</details>\n\n{SAID}",
    "after a quoted fold": f"> <details>\n> <!-- x\n\n{SAID}",
    "after inline code": f"I like `<details>` and `<!--`.\n\n{SAID}",
    "after a fence in a list": f"- so:\n  ```\n  x\n  ```\n\n{SAID}",
    "after a link": f"see [this](https://acme.io) and <b>that</b>\n{SAID}",
    "after indented code": f"    ```\n\n{SAID}",
}


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN)
def test_a_command_there_is_not_said(text: str) -> None:
    assert SAID not in spoken_lines(text)


@pytest.mark.parametrize("text", OPEN.values(), ids=OPEN)
def test_a_command_there_is_said(text: str) -> None:
    assert SAID in spoken_lines(text)


PIECES = (
    *("", "so", SAID, SAID, "> ", "- ", "1. ", "  ", "    ", "\t", "`", "``", "```", "```` ", "~~~", "\\", "\\`"),
    *("<!--", "-->", "<b>", "<div>", "</div>", "<a title='", "'>", "<pre>", "</pre>", "[a]: ", "[a](", ")", "![", "]"),
    *("'", '"', "# ", "---", "===", "| a |", "|---|", "<?", "?>", "<![CDATA[", "]]>", "<!X", "&lt;", "\n"),
)
MARKDOWN = MarkdownIt("commonmark", {"html": True})


def shown_as_text(text: str) -> int:
    """How many lines a Markdown parser shows as a paragraph that says the command, outside of any quote."""
    count, quotes = 0, 0
    for token in MARKDOWN.parse(text):
        quotes += token.nesting if token.type.startswith("blockquote") else 0
        if token.type == "inline" and not quotes:
            words = "".join(
                "\n" if child.type in ("softbreak", "hardbreak") else child.content if child.type == "text" else "\x00"
                for child in token.children or ()
            )
            count += sum(line.strip().startswith(SAID) for line in words.split("\n"))
    return count


@settings(max_examples=500, deadline=None)
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=4).map("".join), max_size=9).map("\n".join))
def test_what_is_said_is_never_more_than_what_is_shown(text: str) -> None:
    said = sum(line.startswith(SAID) for line in spoken_lines(text))
    assert said <= shown_as_text(text)
