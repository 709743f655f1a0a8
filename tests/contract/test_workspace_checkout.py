"""Checkouts: exactly what was committed, for as long as it is needed, whatever the tree tries."""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.domain.errors import UserMistake
from bot.workspace import GitWorkspace, Remote
from bot.workspace.tree import write_tree
from tests.contract.person import SHOP, Person


@pytest.fixture
def ana(tmp_path: Path) -> Person:
    return Person(tmp_path / "ana")


@pytest.fixture
def workspace(tmp_path: Path, ana: Person) -> GitWorkspace:
    return GitWorkspace(tmp_path / "git", lambda repository: Remote(str(ana.folder)))


def test_files_are_as_committed_whatever_attributes_say(workspace: GitWorkspace, ana: Person) -> None:
    attributes = "*.txt text eol=crlf ident working-tree-encoding=UTF-16\n*.yaml filter=lfs export-ignore\n"
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    commit = ana.commit({"a.txt": "one\n$Id$\n", "b.yaml": pointer, "bin": b"\0\xff" * 3_000_000, "e": ""})
    tree = ana.git("ls-tree", commit)
    ana.git("read-tree", "--empty")
    rows = [("100644", ".gitattributes", ana.blob(attributes.encode()))]
    rows += [(line.split()[0], line.split("\t")[1], line.split()[2]) for line in tree.splitlines()]
    commit = ana.commit_tree(ana.tree(*rows))
    workspace.fetch(SHOP, commit)
    with workspace.checkout(SHOP, commit) as files:
        assert (files / ".gitattributes").read_text() == attributes
        assert (files / "a.txt").read_bytes() == b"one\n$Id$\n"
        assert (files / "b.yaml").read_text() == pointer
        assert (files / "bin").read_bytes() == b"\0\xff" * 3_000_000
        assert (files / "e").read_bytes() == b""


def test_links_are_text_and_submodules_are_empty_folders(workspace: GitWorkspace, ana: Person) -> None:
    modules = ana.blob(b'[submodule "m"]\n\tpath = module\n\turl = https://evil.example/m.git\n')
    link, run = ana.blob(b"/etc/passwd"), ana.blob(b"#!/bin/sh\n")
    rows = [("100644", ".gitmodules", modules), ("120000", "link", link), ("160000", "module", "a" * 40)]
    commit = ana.commit_tree(ana.tree(*rows, ("100755", "run", run)))
    workspace.fetch(SHOP, commit)
    with workspace.checkout(SHOP, commit) as files:
        assert not (files / "link").is_symlink()
        assert (files / "link").read_bytes() == b"/etc/passwd"
        assert list((files / "module").iterdir()) == []
        assert not os.access(files / "run", os.X_OK) or os.geteuid() == 0
        assert sorted(os.listdir(files)) == [".gitmodules", "link", "module", "run"]


def test_a_repository_inside_the_tree_is_only_files(workspace: GitWorkspace, ana: Person, tmp_path: Path) -> None:
    config = f"[core]\n\tbare = true\n\tfsmonitor = touch {tmp_path}/ran\n\thooksPath = hooks\n"
    hook = f"#!/bin/sh\ntouch {tmp_path}/ran\n"
    inner = {"HEAD": "ref: refs/heads/main\n", "config": config, "objects/x": "", "refs/x": ""}
    inner |= {f"hooks/{name}": hook for name in ("post-checkout", "reference-transaction", "post-merge")}
    commit = ana.commit({f"inner/{name}": text for name, text in inner.items()})
    workspace.fetch(SHOP, commit, branch="main")
    with workspace.checkout(SHOP, commit) as files:
        assert (files / "inner/config").read_text() == config
        workspace.fetch(SHOP, branch="main")
        assert workspace.merge(SHOP, commit, commit)
    assert not (tmp_path / "ran").exists()


def test_a_checkout_is_gone_afterwards_also_when_its_user_fails(
    workspace: GitWorkspace, ana: Person, tmp_path: Path
) -> None:
    commit = ana.commit({"a/b/c": "1"})
    workspace.fetch(SHOP, commit)
    with contextlib.suppress(RuntimeError), workspace.checkout(SHOP, commit) as files:
        assert (files / "a/b/c").exists()
        raise RuntimeError
    assert os.listdir(tmp_path / "git/trees") == []


def test_leftovers_of_a_killed_process_are_cleared_and_checkouts_in_use_are_not(
    workspace: GitWorkspace, ana: Person, tmp_path: Path
) -> None:
    commit = ana.commit({"a": "1"})
    workspace.fetch(SHOP, commit)
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from bot.workspace import GitWorkspace, Remote\nfrom tests.contract.person import SHOP\n"
        "with GitWorkspace(Path(sys.argv[1]), lambda r: Remote('/'))"
        ".checkout(SHOP, sys.argv[2]) as files:\n print(files, flush=True)\n sys.stdin.read()\n"
    )
    arguments = [sys.executable, "-c", program, str(tmp_path / "git"), commit]
    root = Path(__file__).parents[2]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root) as other:
        assert other.stdout is not None
        left = Path(other.stdout.readline().decode().strip())
        GitWorkspace(tmp_path / "git", lambda repository: Remote("/"))
        assert (left / "a").exists()
        other.kill()
        other.wait()
    assert (left / "a").exists()
    with workspace.checkout(SHOP, commit) as used:
        GitWorkspace(tmp_path / "git", lambda repository: Remote("/"))
        assert (used / "a").exists()
        assert not left.exists()


@pytest.mark.parametrize("name", ["..", ".", ".git", ".GIT", "a/b", ".git "])
def test_dangerous_names_do_not_get_in(workspace: GitWorkspace, ana: Person, name: str) -> None:
    commit = ana.commit_tree(ana.tree(("40000", name, ana.tree(("100644", "config", ana.blob())))))
    with pytest.raises(UserMistake, match=r"dangerous|impossible"):
        workspace.fetch(SHOP, commit)
    assert not (ana.folder.parent / "config").exists()


@pytest.mark.parametrize("name", ["..", ".git", ".GiT"])
def test_dangerous_names_are_not_written_even_from_a_mirror_that_has_them(
    ana: Person, tmp_path: Path, name: str
) -> None:
    (tmp_path / "into").mkdir()
    commit = ana.commit_tree(ana.tree(("40000", name, ana.tree(("100644", "config", ana.blob())))))
    with pytest.raises(UserMistake, match="impossible name"):
        write_tree(ana.folder / ".git", commit, tmp_path / "into")
    assert not (tmp_path / "config").exists()
    assert os.listdir(tmp_path / "into") == []


def test_two_entries_of_one_name_are_refused(ana: Person, tmp_path: Path) -> None:
    (tmp_path / "into").mkdir()
    twice = ana.tree(("100644", "a", ana.blob()), ("100644", "a", ana.blob(b"other")))
    with pytest.raises(UserMistake, match="two files of one name"):
        write_tree(ana.folder / ".git", ana.commit_tree(twice), tmp_path / "into")


def test_odd_but_honest_names_are_kept(workspace: GitWorkspace, ana: Person) -> None:
    names = ["new\nline", "tab\t", "-rf", "a b'\"", "ü", "...", ".gitx"]
    commit = ana.commit({name: name for name in names})
    workspace.fetch(SHOP, commit)
    with workspace.checkout(SHOP, commit) as files:
        assert {name: (files / name).read_text() for name in names} == {name: name for name in names}


def test_a_tree_that_spells_out_to_billions_of_files_is_refused(workspace: GitWorkspace, ana: Person) -> None:
    tree = ana.tree(*(("100644", f"f{n}", ana.blob()) for n in range(10)))
    small = ana.commit({"a": "1"})
    for _ in range(10):
        tree = ana.tree(*(("40000", f"d{n}", tree) for n in range(10)))
    bomb = ana.commit_tree(tree, small)
    workspace.fetch(SHOP, small, bomb)
    began = time.monotonic()
    with pytest.raises(UserMistake, match="too large"), workspace.checkout(SHOP, bomb):
        pass
    with pytest.raises(UserMistake, match="too large"):
        workspace.folders(SHOP, bomb)
    with pytest.raises(UserMistake, match="too large"):
        workspace.changed(SHOP, small, bomb)
    assert isinstance(workspace.merge(SHOP, small, bomb), str)
    assert workspace.tree_id(SHOP, bomb, "d0/d1/d2")
    assert time.monotonic() - began < 200


def test_a_tree_of_very_many_or_very_deep_files_is_refused(workspace: GitWorkspace, ana: Person) -> None:
    thousand = ana.tree(*(("100644", f"f{n:04}", ana.blob()) for n in range(1000)))
    wide = ana.commit_tree(ana.tree(*(("40000", f"d{n:03}", thousand) for n in range(201))))
    deep = ana.tree(("100644", "f", ana.blob()))
    for _ in range(150):
        deep = ana.tree(("40000", "d", deep))
    below = ana.commit_tree(deep)
    workspace.fetch(SHOP, wide, below)
    for commit, why in ((wide, "201,000 files"), (below, "impossible name")):
        with pytest.raises(UserMistake, match=why), workspace.checkout(SHOP, commit):
            pass


def test_thirty_thousand_files_are_checked_out(workspace: GitWorkspace, ana: Person) -> None:
    thousand = ana.tree(*(("100644", f"f{n:04}", ana.blob()) for n in range(1000)))
    commit = ana.commit_tree(ana.tree(*(("40000", f"d{n:03}", thousand) for n in range(30))))
    workspace.fetch(SHOP, commit)
    with workspace.checkout(SHOP, commit) as files:
        assert len(os.listdir(files / "d029")) == 1000
