"""Comments are what people agreed on: each sample against its golden file. `tests.comments.golden` writes them."""

import pytest

from tests.comments.golden import FOLDER, comments

MADE = comments()


@pytest.mark.parametrize("name", sorted(MADE))
def test_comment_is_as_its_golden_file(name: str) -> None:
    assert "\n\n".join(MADE[name]) + "\n" == (FOLDER / f"{name}.md").read_text()


def test_every_golden_file_has_its_comment() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == set(MADE)
