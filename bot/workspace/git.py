"""Runs git: a fixed environment that reads no configuration but ours, argument lists, limits on time and output."""

import base64
import contextlib
import os
import resource
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bot.domain.errors import TryLater, UserMistake

READ_SECONDS = 120.0
READ_BYTES = 64 << 20
_MEMORY = 1 << 30
_FROM_OUTSIDE = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH")
"""What an operator may need to set for a network with a proxy or an own certificate authority."""

_CONFIG = {
    "core.hooksPath": "/dev/null",
    "core.attributesFile": "/dev/null",
    "core.fsmonitor": "false",
    "core.symlinks": "false",
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    "credential.helper": "",
    "fetch.recurseSubmodules": "false",
    # Old and harmless faults that real histories carry and that no longer can be mended.
    "fetch.fsck.badTimezone": "ignore",
    "fetch.fsck.missingEmail": "ignore",
    "fetch.fsck.missingNameBeforeEmail": "ignore",
    "fetch.fsck.missingSpaceBeforeDate": "ignore",
    "fetch.fsck.missingSpaceBeforeEmail": "ignore",
    "fetch.fsck.zeroPaddedFilemode": "ignore",
    # Always a pack, which appears whole or not at all; loose objects of a fetch that is killed would not.
    "fetch.unpackLimit": "1",
    "gc.auto": "0",
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "30",
    "init.defaultBranch": "main",
    "maintenance.auto": "false",
    "protocol.allow": "never",
    "safe.bareRepository": "explicit",
    "submodule.recurse": "false",
    "transfer.fsckObjects": "true",
}


@dataclass(frozen=True, slots=True)
class Remote:
    """Where to fetch from: an https (or, on loopback, http) URL with a token, or an absolute path on this machine.

    The token is sent as the password of Basic authentication, to that scheme, host and port only. `patience`: how many
    seconds one fetch may take.
    """

    url: str
    token: str = field(default="", repr=False)
    user: str = "x-access-token"
    patience: float = 600.0

    @property
    def scheme(self) -> str:
        """The one protocol git may speak: https, http or file. Raises ValueError for another."""
        scheme = "file" if self.url.startswith("/") else urlsplit(self.url).scheme
        if scheme not in ("https", "http", "file"):
            raise ValueError(f"git is not fetched over {scheme or 'a relative path'}")
        return scheme

    def config(self) -> dict[str, str]:
        """Git settings for one fetch, the token among them. They travel in the environment, never in arguments."""
        settings = {f"protocol.{self.scheme}.allow": "always"}
        if self.token and self.scheme != "file":
            at = urlsplit(self.url)
            settings[f"http.{at.scheme}://{at.netloc}/.extraHeader"] = f"Authorization: Basic {self._basic()}"
        return settings

    def hide(self, text: str) -> str:
        """The text without the token, in either of its spellings."""
        for secret in (self.token, self._basic()) if self.token else ():
            text = text.replace(secret, "***")
        return text

    def _basic(self) -> str:
        return base64.b64encode(f"{self.user}:{self.token}".encode()).decode()


class GitFailed(Exception):
    """Git ended with a status that the caller did not expect. `error` is what it printed."""

    def __init__(self, arguments: tuple[str, ...], code: int, error: str) -> None:
        super().__init__(f"git {arguments[0]} ended with {code}: {error}")
        self.arguments = arguments
        self.error = error


class GitTimeout(TryLater):
    """Git did not end in time and was stopped."""


def read(git_dir: Path, *arguments: str, input: bytes = b"", fine: tuple[int, ...] = (0,)) -> tuple[int, bytes]:
    """Run a command that reads a bare repository; its exit status and output.

    Raises GitFailed for a status that is not `fine`, UserMistake for over 64 MiB of output, GitTimeout after 120 s.
    """
    with _memory() as feed, _memory() as out, _memory() as error:
        os.write(feed, input) if input else None
        os.lseek(feed, 0, os.SEEK_SET)
        process = start(git_dir, arguments, {}, (feed, out, error))
        limit(process.pid)
        code = finish(process, READ_SECONDS)
        if code == -signal.SIGXFSZ or (code not in fine and "ut of memory" in _tail(error)):
            raise UserMistake("this repository's tree or history is too large to be listed", "split it")
        if code not in fine:
            raise GitFailed(arguments, code, _tail(error))
        return code, os.pread(out, READ_BYTES, 0)


def fetch(git_dir: Path, arguments: tuple[str, ...], remote: Remote) -> None:
    """Run a command that talks to a remote. Raises GitFailed without the token, GitTimeout after its patience."""
    with _memory() as error:
        streams = (subprocess.DEVNULL, subprocess.DEVNULL, error)
        code = finish(start(git_dir, arguments, remote.config(), streams), remote.patience)
        if code:
            raise GitFailed(arguments, code, remote.hide(_tail(error)))


def start(
    git_dir: Path, arguments: tuple[str, ...], config: Mapping[str, str], streams: tuple[int, int, int]
) -> subprocess.Popen[bytes]:
    """Start git in a process group of its own. `streams` are its standard input, output and error."""
    program = shutil.which("git")
    if program is None:
        raise UserMistake("the program `git` was not found", "install git 2.38 or newer")
    return subprocess.Popen(
        [program, f"--git-dir={git_dir}", *arguments],
        stdin=streams[0],
        stdout=streams[1],
        stderr=streams[2],
        cwd="/",
        env=_environment(program, {**_CONFIG, **config}),
        start_new_session=True,
    )


def limit(pid: int) -> None:
    """Bound the memory and the file sizes of a git that reads: a small tree can spell out to billions of names."""
    with contextlib.suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (READ_BYTES, READ_BYTES))


def finish(process: subprocess.Popen[bytes], seconds: float) -> int:
    """Wait for the end; the exit status. Raises GitTimeout, with the whole process group ended."""
    with deadline(process, seconds):
        return process.wait()


@contextlib.contextmanager
def deadline(process: subprocess.Popen[bytes], seconds: float) -> Iterator[None]:
    """Bound what is done with a process, which has ended when this ends. Raises GitTimeout in place of what follows.

    A timer, as `Popen.wait(seconds)` polls and would make every short call longer.
    """
    late = threading.Event()

    def end() -> None:
        late.set()
        _stop(process)

    timer = threading.Timer(seconds, end)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        _stop(process)
        if late.is_set():
            raise GitTimeout(f"git did not end within {seconds:.0f} s", after=30.0) from None


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a process group: politely, so that git removes its lock files, then for certain. Fine when it has ended."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(2)


def _environment(program: str, config: Mapping[str, str]) -> dict[str, str]:
    """Everything git gets to know. Settings go in pairs: the process list shows arguments to everyone."""
    given = {name: os.environ[name] for name in _FROM_OUTSIDE if name in os.environ}
    given |= {name: os.environ[name] for name in map(str.lower, _FROM_OUTSIDE) if name in os.environ}
    pairs = {"GIT_CONFIG_COUNT": str(len(config))}
    for position, (key, value) in enumerate(config.items()):
        pairs |= {f"GIT_CONFIG_KEY_{position}": key, f"GIT_CONFIG_VALUE_{position}": value}
    return {
        **given,
        **pairs,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "PATH": f"{Path(program).parent}:{os.defpath}",
    }


@contextlib.contextmanager
def _memory() -> Iterator[int]:
    """An unnamed file in memory: no pipe to drain, and the kernel stops who writes more than allowed."""
    handle = os.memfd_create("git")
    try:
        yield handle
    finally:
        os.close(handle)


def _tail(handle: int) -> str:
    """The end of what was printed."""
    size = os.fstat(handle).st_size
    return os.pread(handle, 2000, max(0, size - 2000)).decode(errors="replace").strip()
