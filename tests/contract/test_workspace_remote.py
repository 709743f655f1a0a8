"""Fetching: where the token goes and where it does not, remotes that fail, and several who fetch at once."""

import socket
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from bot.domain.errors import TryLater, UserMistake
from bot.domain.pulls import Repository
from bot.workspace import GitWorkspace, Remote
from tests.contract.git_over_http import Served, serve_git
from tests.contract.person import SHOP, Person

TOKEN = "ghs_Zm9vYmFyYmF6cXV4"


@pytest.fixture
def ana(tmp_path: Path) -> Person:
    return Person(tmp_path / "served/shop")


@pytest.fixture
def served(ana: Person) -> Iterator[Served]:
    with serve_git(ana.folder.parent, TOKEN) as served:
        yield served


def _over(folder: Path, served: Served, token: str = TOKEN) -> GitWorkspace:
    return GitWorkspace(folder / "git", lambda repository: Remote(f"{served.url}/shop/.git", token))


def test_the_token_is_sent_and_shows_in_no_argument_and_on_no_disk(ana: Person, served: Served, tmp_path: Path) -> None:
    commit = ana.commit({"a.yaml": "1"})
    workspace = _over(tmp_path, served)
    workspace.fetch(SHOP, commit, branch="main")
    assert workspace.read(SHOP, commit, "a.yaml") == b"1"
    sent = served.authorizations[0]
    assert sent is not None
    assert any(b"remote-http" in line for line in served.command_lines)
    for secret in (TOKEN.encode(), sent.removeprefix("Basic ").encode()):
        assert not [line for line in served.command_lines if secret in line]
        files = [path for path in (tmp_path / "git").rglob("*") if path.is_file()]
        assert files
        assert not [path for path in files if secret in path.read_bytes()]


def test_a_commit_of_a_pull_is_fetched_over_http(ana: Person, served: Served, tmp_path: Path) -> None:
    base = ana.commit({"a.yaml": "1"})
    head = ana.commit_tree(ana.git("rev-parse", f"{base}^{{tree}}"), base)
    workspace = _over(tmp_path, served)
    workspace.fetch(SHOP, head, branch="main")
    assert workspace.is_ancestor(SHOP, base, head)
    with pytest.raises(UserMistake, match="is not in the repository"):
        workspace.fetch(SHOP, "0123456789" * 4)


def test_a_redirect_is_not_followed_so_the_token_stays(ana: Person, served: Served, tmp_path: Path) -> None:
    ana.commit({"a.yaml": "1"})
    with serve_git(ana.folder.parent, TOKEN) as elsewhere:
        served.redirect = elsewhere.url
        with pytest.raises(TryLater):
            _over(tmp_path, served).fetch(SHOP, branch="main")
        assert elsewhere.authorizations == []


def test_a_refused_token_is_tried_later_and_not_printed(ana: Person, served: Served, tmp_path: Path) -> None:
    ana.commit({"a.yaml": "1"})
    with pytest.raises(TryLater) as caught:
        _over(tmp_path, served, "wrong-token").fetch(SHOP, branch="main")
    assert caught.value.after >= 60
    assert "wrong-token" not in str(caught.value)


def test_a_server_that_is_away_is_tried_later(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/shop.git"
    with pytest.raises(TryLater):
        GitWorkspace(tmp_path, lambda repository: Remote(url, TOKEN)).fetch(SHOP, branch="main")


def test_a_server_that_never_answers_is_left_after_some_time(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/shop.git"
        workspace = GitWorkspace(tmp_path, lambda repository: Remote(url, TOKEN, patience=0.5))
        with pytest.raises(TryLater, match="did not end within"):
            workspace.fetch(SHOP, branch="main")


@pytest.mark.parametrize("url", ["ext::sh -c 'touch /tmp/x'", "ssh://git@acme.io/shop", "shop.git", "git://acme.io/s"])
def test_only_three_protocols_are_spoken(url: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not fetched over"):
        GitWorkspace(tmp_path, lambda repository: Remote(url)).fetch(SHOP, branch="main")


def test_a_remote_on_the_network_cannot_send_us_to_a_path_on_this_machine() -> None:
    assert "protocol.file.allow" not in Remote("https://acme.io/shop.git", TOKEN).config()
    assert TOKEN not in repr(Remote("https://acme.io/shop.git", TOKEN))
    key = next(key for key in Remote("https://acme.io:8443/shop.git", TOKEN).config() if "extraHeader" in key)
    assert key == "http.https://acme.io:8443/.extraHeader"


def test_a_folder_that_is_no_repository_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    workspace = GitWorkspace(tmp_path / "git", lambda repository: Remote(str(tmp_path / "empty")))
    with pytest.raises(UserMistake, match="not a git repository"):
        workspace.fetch(SHOP, branch="main")
    with pytest.raises(UserMistake):
        workspace.tip(SHOP, "main")


def test_locks_and_half_packs_of_a_killed_fetch_do_not_stop_the_next(ana: Person, tmp_path: Path) -> None:
    workspace = GitWorkspace(tmp_path / "git", lambda repository: Remote(str(ana.folder)))
    ana.commit({"a": "1"})
    workspace.fetch(SHOP, branch="main")
    mirror = tmp_path / "git/github-12.git"
    ref = next((mirror / "refs/branches").iterdir())
    leftovers = [ref.with_name(ref.name + ".lock"), mirror / "packed-refs.lock", mirror / "objects/pack/tmp_pack_x"]
    for leftover in leftovers:
        leftover.touch()
    (tmp_path / "git/github-13.new").mkdir()
    (tmp_path / "git/github-13.new/HEAD").touch()
    two = ana.commit({"a": "2"})
    for repository in (SHOP, Repository("github", 13, "acme/other", 1)):
        workspace.fetch(repository, branch="main")
        assert workspace.tip(repository, "main") == two
    assert not [leftover for leftover in leftovers if leftover.exists()]


def test_threads_and_processes_share_one_mirror(ana: Person, tmp_path: Path) -> None:
    commits = [ana.commit({"a": str(n)}) for n in range(12)]
    places = [(str(tmp_path / "git"), str(ana.folder), commit) for commit in commits]
    with ProcessPoolExecutor(3, get_context("spawn")) as processes, ThreadPoolExecutor(4) as threads:
        answers = [*processes.map(fetch_and_read, places[:6]), *threads.map(fetch_and_read, places[6:])]
    assert answers == [str(n) for n in range(12)]


def fetch_and_read(place: tuple[str, str, str]) -> str:
    """One worker: fetch a commit, check it out, read a file."""
    folder, remote, commit = place
    workspace = GitWorkspace(Path(folder), lambda repository: Remote(remote))
    workspace.fetch(SHOP, commit, branch="main")
    with workspace.checkout(SHOP, commit) as files:
        return (files / "a").read_text()


def test_many_fetches_do_not_leave_as_many_packs(ana: Person, tmp_path: Path) -> None:
    workspace = GitWorkspace(tmp_path / "git", lambda repository: Remote(str(ana.folder)))
    commits = []
    for n in range(42):
        commits.append(ana.commit({"a": str(n)}))
        workspace.fetch(SHOP, commits[-1])
    assert len(list((tmp_path / "git/github-12.git/objects/pack").glob("*.pack"))) < 15
    assert [workspace.read(SHOP, commit, "a") for commit in commits] == [str(n).encode() for n in range(42)]
