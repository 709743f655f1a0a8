"""Taking commits back and pushing the result, over real repositories."""

from pathlib import Path

import pytest

from bot.domain.errors import UserMistake
from bot.ports.workspace import MergeConflict
from bot.workspace import GitWorkspace, Remote
from tests.contract.person import SHOP, Person


@pytest.fixture
def ana(tmp_path: Path) -> Person:
    return Person(tmp_path / "ana")


@pytest.fixture
def workspace(tmp_path: Path, ana: Person) -> GitWorkspace:
    remote = Remote(str(ana.folder))
    return GitWorkspace(tmp_path / "git", lambda repository: remote, lambda repository: remote)


def files(workspace: GitWorkspace, commit: str) -> dict[str, bytes | None]:
    return {name: workspace.read(SHOP, commit, name) for name in ("a", "b", "c")}


def test_what_came_between_stays_and_the_id_is_the_same_each_time(workspace: GitWorkspace, ana: Person) -> None:
    ana.commit({"a": "1\n", "b": "1\n"})
    second = ana.commit({"a": "2\n"})
    ana.commit({"b": "2\n"})
    fourth = ana.commit({"a": "3\n", "c": "1\n"})
    tip = ana.commit({"b": "3\n"})
    workspace.fetch(SHOP, tip)
    made = workspace.revert(SHOP, tip, [fourth, second], "Take back\n")
    assert isinstance(made, str)
    assert files(workspace, made) == {"a": b"1\n", "b": b"3\n", "c": None}
    assert workspace.commits(SHOP, tip, made) == (made,)
    assert workspace.revert(SHOP, tip, [fourth, second], "Take back\n") == made


def test_a_merge_is_taken_back_to_what_it_was_merged_into(workspace: GitWorkspace, ana: Person) -> None:
    ana.commit({"a": "1\n"}, branch="main")
    ana.commit({"b": "1\n"}, branch="change")
    ana.git("checkout", "--quiet", "main")
    ana.commit({"c": "1\n"}, branch="main")
    ana.git("merge", "--quiet", "--no-ff", "-m", "merge", "change")
    tip = ana.git("rev-parse", "HEAD")
    workspace.fetch(SHOP, tip)
    made = workspace.revert(SHOP, tip, [tip], "x")
    assert isinstance(made, str)
    assert files(workspace, made) == {"a": b"1\n", "b": None, "c": b"1\n"}


def test_what_clashes_is_named_and_what_is_gone_already_changes_nothing(workspace: GitWorkspace, ana: Person) -> None:
    first = ana.commit({"a": "1\n"})
    second = ana.commit({"a": "2\n"})
    third = ana.commit({"a": "3\n"})
    fourth = ana.commit({"a": "1\n"})
    workspace.fetch(SHOP, fourth)
    assert workspace.revert(SHOP, third, [second], "x") == MergeConflict(("a",))
    assert workspace.revert(SHOP, fourth, [second], "x") == fourth
    with pytest.raises(UserMistake, match="first commit"):
        workspace.revert(SHOP, fourth, [first], "x")


def test_a_branch_is_made_once_and_never_moved(workspace: GitWorkspace, ana: Person, tmp_path: Path) -> None:
    one, two = ana.commit({"a": "1\n"}), ana.commit({"a": "2\n"})
    workspace.fetch(SHOP, two)
    made = workspace.revert(SHOP, two, [two], "x")
    assert isinstance(made, str)
    workspace.push(SHOP, made, "plumbline/rollback-1")
    workspace.push(SHOP, made, "plumbline/rollback-1")
    assert ana.git("rev-parse", "refs/heads/plumbline/rollback-1") == made
    with pytest.raises(UserMistake, match="does not take the branch"):
        workspace.push(SHOP, one, "plumbline/rollback-1")
    with pytest.raises(UserMistake, match="not the name of a branch"):
        workspace.push(SHOP, made, "-x")
    with pytest.raises(UserMistake, match="not written to"):
        GitWorkspace(tmp_path / "git", lambda repository: Remote(str(ana.folder))).push(SHOP, made, "x")
