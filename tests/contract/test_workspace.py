"""The workspace over real repositories: what is fetched, merged, listed and read."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.domain.errors import UserMistake
from bot.domain.pulls import Repository
from bot.ports.workspace import MergeConflict
from bot.workspace import GitWorkspace, LocalRepository, Remote
from tests.contract.person import SHOP, Person


@pytest.fixture
def ana(tmp_path: Path) -> Person:
    return Person(tmp_path / "ana")


@pytest.fixture
def workspace(tmp_path: Path, ana: Person) -> GitWorkspace:
    return GitWorkspace(tmp_path / "git", lambda repository: Remote(str(ana.folder)))


def test_a_commit_that_no_branch_holds_is_fetched_by_its_id(workspace: GitWorkspace, ana: Person) -> None:
    loose = ana.commit_tree(ana.git("rev-parse", f"{ana.commit({'a.yaml': 'a'})}^{{tree}}"))
    workspace.fetch(SHOP, loose)
    assert workspace.read(SHOP, loose, "a.yaml") == b"a"


def test_fetching_what_is_here_already_asks_nobody(workspace: GitWorkspace, ana: Person, tmp_path: Path) -> None:
    one = ana.commit({"a.yaml": "a"})
    workspace.fetch(SHOP, one)

    def nobody(repository: Repository) -> Remote:
        raise AssertionError("the remote was asked")

    GitWorkspace(tmp_path / "git", nobody).fetch(SHOP, one)


def test_what_was_asked_about_commits_is_not_asked_again(workspace: GitWorkspace, ana: Person, tmp_path: Path) -> None:
    one, two = ana.commit({"a": "1", "b": "1"}), ana.commit({"a": "2"})

    def answers() -> list[object]:
        about = workspace.commits(SHOP, one, two), workspace.older(SHOP, two, 3), workspace.changed(SHOP, one, two)
        return [workspace.read(SHOP, two, "a"), workspace.is_ancestor(SHOP, one, two), *about]

    workspace.fetch(SHOP, one, two)
    known = answers()
    assert known == [b"2", True, (two,), (one,), ("a",)]
    (mirror,) = (tmp_path / "git").glob("*.git")
    shutil.rmtree(mirror / "objects")
    assert answers() == known


def test_the_tip_follows_its_branch_also_backwards(workspace: GitWorkspace, ana: Person) -> None:
    one, two = ana.commit({"a": "1"}), ana.commit({"a": "2"})
    workspace.fetch(SHOP, branch="main")
    assert workspace.tip(SHOP, "main") == two
    ana.git("reset", "--quiet", "--hard", one)
    workspace.fetch(SHOP, branch="main")
    assert workspace.tip(SHOP, "main") == one


def test_a_branch_may_take_the_place_of_a_folder_of_branches(workspace: GitWorkspace, ana: Person) -> None:
    ana.commit({"a": "1"}, branch="release")
    workspace.fetch(SHOP, branch="release")
    ana.git("checkout", "--quiet", "-b", "main")
    ana.git("branch", "--quiet", "-D", "release")
    one = ana.commit({"a": "2"}, branch="release/1")
    workspace.fetch(SHOP, branch="release/1")
    assert workspace.tip(SHOP, "release/1") == one


@pytest.mark.parametrize("branch", ["gone", "a..b", "-x", "a:b", "+main", "a b", "*", "a\nb", "/", "x.lock", "a@{1}"])
def test_a_branch_that_is_not_there_is_a_mistake(workspace: GitWorkspace, ana: Person, branch: str) -> None:
    ana.commit({"a": "1"})
    workspace.fetch(SHOP, branch="main")
    with pytest.raises(UserMistake):
        workspace.fetch(SHOP, branch=branch)
    with pytest.raises(UserMistake):
        workspace.tip(SHOP, branch)


def test_a_merge_is_the_same_commit_wherever_it_is_made(workspace: GitWorkspace, ana: Person, tmp_path: Path) -> None:
    ana.commit({"a.yaml": "1\n2\n3\n", "b.yaml": "b"})
    head = ana.commit({"a.yaml": "1\n2\n3!\n"}, branch="change")
    ana.git("checkout", "--quiet", "main")
    base = ana.commit({"a.yaml": "1!\n2\n3\n", "c.yaml": "c"})
    elsewhere = GitWorkspace(tmp_path / "other", lambda repository: Remote(str(ana.folder)))
    before = ana.git("for-each-ref")
    made = set()
    for here in (workspace, workspace, elsewhere):
        here.fetch(SHOP, base, head)
        merged = here.merge(SHOP, base, head)
        assert isinstance(merged, str)
        made.add(merged)
    assert len(made) == 1
    assert workspace.read(SHOP, made.pop(), "a.yaml") == b"1!\n2\n3!\n"
    assert ana.git("for-each-ref") == before


def test_a_conflict_names_its_paths(workspace: GitWorkspace, ana: Person) -> None:
    ana.commit({"apps/a.yaml": "1\n", "b.yaml": "b\n"})
    head = ana.commit({"apps/a.yaml": "2\n", "b.yaml": None}, branch="change")
    ana.git("checkout", "--quiet", "main")
    base = ana.commit({"apps/a.yaml": "3\n", "b.yaml": "c\n"})
    workspace.fetch(SHOP, base, head)
    assert workspace.merge(SHOP, base, head) == MergeConflict(("apps/a.yaml", "b.yaml"))


def test_attributes_in_the_tree_do_not_decide_a_merge(workspace: GitWorkspace, ana: Person) -> None:
    ana.commit({"a.yaml": "1\n", ".gitattributes": "* merge=union\n"})
    head = ana.commit({"a.yaml": "2\n"}, branch="change")
    ana.git("checkout", "--quiet", "main")
    base = ana.commit({"a.yaml": "3\n"})
    workspace.fetch(SHOP, base, head)
    assert workspace.merge(SHOP, base, head) == MergeConflict(("a.yaml",))


def test_commits_without_common_history_do_not_merge(workspace: GitWorkspace, ana: Person) -> None:
    base = ana.commit({"a": "1"})
    other = ana.commit_tree(ana.git("rev-parse", f"{base}^{{tree}}"))
    workspace.fetch(SHOP, base, other)
    assert workspace.merge_base(SHOP, base, other) is None
    with pytest.raises(UserMistake, match="no history"):
        workspace.merge(SHOP, base, other)


def test_history_is_told_along_first_parents(workspace: GitWorkspace, ana: Person) -> None:
    one = ana.commit({"a": "1"})
    side = ana.commit({"b": "1"}, branch="side")
    ana.git("checkout", "--quiet", "main")
    two = ana.commit({"a": "2"})
    ana.git("merge", "--quiet", "--no-ff", "-m", "Merge", "side")
    three = ana.git("rev-parse", "HEAD")
    workspace.fetch(SHOP, branch="main")
    assert workspace.commits(SHOP, one, three) == (two, three)
    assert workspace.commits(SHOP, side, three) == (two, three)
    assert workspace.commits(SHOP, three, three) == ()
    assert workspace.commits(SHOP, "", three) == (three,)
    assert workspace.merge_base(SHOP, two, side) == one
    assert workspace.is_ancestor(SHOP, side, three)
    assert workspace.is_ancestor(SHOP, three, three)
    assert not workspace.is_ancestor(SHOP, two, side)


def test_paths_are_found_by_their_content(workspace: GitWorkspace, ana: Person) -> None:
    one = ana.commit({"apps/web/a.yaml": "1", "apps/api/a.yaml": "1", "ümlaut/ b\t.yaml": "1", "README": "1"})
    two = ana.commit({"apps/web/a.yaml": "2"})
    workspace.fetch(SHOP, two)

    def id_of(commit: str, path: str) -> str:
        return workspace.tree_id(SHOP, commit, path)

    assert id_of(one, "apps/web") == id_of(one, "apps/api") == id_of(two, "./apps//api/")
    assert id_of(one, "apps/web") != id_of(two, "apps/web")
    assert id_of(one, "") == id_of(one, ".") == ana.git("rev-parse", f"{one}^{{tree}}")
    assert id_of(one, "ümlaut/ b\t.yaml") == id_of(one, "README")
    assert id_of(one, "apps/gone") == id_of(one, "README/a") == id_of(one, "*") == ""
    assert workspace.folders(SHOP, one) == ("apps", "apps/api", "apps/web", "ümlaut")
    assert workspace.changed(SHOP, one, two) == ("apps/web/a.yaml",)


def test_a_moved_file_changed_in_both_places(workspace: GitWorkspace, ana: Person) -> None:
    one = ana.commit({"a/x.yaml": "kind: ConfigMap\n" * 20})
    two = ana.commit({"a/x.yaml": None, "b/x.yaml": "kind: ConfigMap\n" * 20})
    workspace.fetch(SHOP, two)
    assert workspace.changed(SHOP, one, two) == ("a/x.yaml", "b/x.yaml")


def test_only_regular_files_of_modest_size_are_read(workspace: GitWorkspace, ana: Person) -> None:
    file, full = ana.blob(b"x" * (1 << 20)), ana.blob(b"x" * ((1 << 20) + 1))
    link, folder = ana.blob(b"/etc/passwd"), ana.tree(("100644", "f", ana.blob()))
    rows = [("100755", "file", file), ("40000", "folder", folder), ("100644", "full", full), ("120000", "link", link)]
    commit = ana.commit_tree(ana.tree(*rows, ("160000", "module", "a" * 40)))
    workspace.fetch(SHOP, commit)
    assert len(workspace.read(SHOP, commit, "file") or b"") == 1 << 20
    assert workspace.read(SHOP, commit, "gone") is None
    for name, why in (("folder", "folder"), ("full", "1,048,577"), ("link", "link"), ("module", "submodule")):
        with pytest.raises(UserMistake, match=why):
            workspace.read(SHOP, commit, name)


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "..", "a\0b", "\udc80"])
def test_paths_that_leave_the_repository_are_refused(workspace: GitWorkspace, ana: Person, path: str) -> None:
    commit = ana.commit({"a": "1"})
    workspace.fetch(SHOP, commit)
    for call in (workspace.read, workspace.tree_id):
        with pytest.raises(UserMistake, match="not a path inside"):
            call(SHOP, commit, path)


_CALLS: list[Callable[[GitWorkspace, str, str], object]] = [
    lambda workspace, here, it: workspace.merge(SHOP, here, it),
    lambda workspace, here, it: workspace.merge_base(SHOP, it, here),
    lambda workspace, here, it: workspace.is_ancestor(SHOP, it, here),
    lambda workspace, here, it: workspace.commits(SHOP, here, it),
    lambda workspace, here, it: workspace.commits(SHOP, "", it),
    lambda workspace, here, it: workspace.tree_id(SHOP, it, ""),
    lambda workspace, here, it: workspace.tree_id(SHOP, it, "a"),
    lambda workspace, here, it: workspace.read(SHOP, it, "a"),
    lambda workspace, here, it: workspace.folders(SHOP, it),
    lambda workspace, here, it: workspace.changed(SHOP, here, it),
    lambda workspace, here, it: workspace.checkout(SHOP, it).__enter__(),
    lambda workspace, here, it: workspace.fetch(SHOP, it),
]


@pytest.mark.parametrize("absent", ["0123456789" * 4, "main", "HEAD", "--help", "a" * 39, "A" * 40])
@pytest.mark.parametrize("call", _CALLS)
def test_what_is_no_commit_here_is_a_mistake(
    workspace: GitWorkspace, ana: Person, absent: str, call: Callable[[GitWorkspace, str, str], object]
) -> None:
    here = ana.commit({"a": "1"})
    workspace.fetch(SHOP, here)
    with pytest.raises(UserMistake, match="commit"):
        call(workspace, here, absent)


def test_a_persons_own_repository_is_read_and_never_written(ana: Person, tmp_path: Path) -> None:
    one = ana.commit({"a.yaml": "1", "folder/b.yaml": "2"})
    two = ana.commit({"a.yaml": "2"}, branch="change")
    ana.git("tag", "v1", one)
    ana.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "main")
    ana.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare"))
    before = _everything(tmp_path)
    for folder, head in (
        (ana.folder, two),
        (ana.folder / "folder", two),
        (tmp_path / "linked", one),
        (tmp_path / "bare", two),
    ):
        local = LocalRepository.open(folder)
        assert [local.resolve(word) for word in ("HEAD", "v1", "change~1", two[:9])] == [head, one, one, two]
        workspace = GitWorkspace(tmp_path / "git" / head / folder.name, local.remote)
        workspace.fetch(SHOP, one, two)
        with workspace.checkout(SHOP, two) as tree:
            assert (tree / "a.yaml").read_text() == "2"
    assert {path: what for path, what in _everything(tmp_path).items() if path in before} == before
    assert all(path.relative_to(tmp_path).parts[0] == "git" for path in _everything(tmp_path).keys() - before.keys())


def test_a_revision_that_is_none_and_a_folder_without_repository_are_mistakes(ana: Person, tmp_path: Path) -> None:
    ana.commit({"a": "1"})
    local = LocalRepository.open(ana.folder)
    for word in ("gone", "--all", "HEAD:a", "a" * 40, ""):
        with pytest.raises(UserMistake):
            local.resolve(word)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserMistake, match="not in a git repository"):
        LocalRepository.open(tmp_path / "empty")


def _everything(folder: Path) -> dict[Path, tuple[int, bytes]]:
    """Each file below a folder with its time and content; the bot's own folder is left out."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).parts[0] != "git":
            found[path] = (path.stat().st_mtime_ns, path.read_bytes())
    return found
