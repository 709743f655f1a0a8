"""The jail: what a program inside can see, reach, write and use up, and what becomes of it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import UserMistake
from bot.renderers.jail.bubblewrap import Limits
from tests.contract.rendering import Folder, config_map, python_tool, running, wait_until_gone

_ROOT = Path(__file__).parents[2]
_SAY = """
import json
print("apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: said}\\ndata: " + json.dumps({"said": json.dumps(said)}))
"""


@pytest.fixture(params=[False, True], ids=["own", "cell"])
def kept(request: pytest.FixtureRequest) -> bool:
    """Every render in a jail of its own, or in a cell of one that is kept open."""
    return bool(request.param)


def _with_tool(place: Path, program: str, limits: Limits | None = None, *, kept: bool = True) -> Folder:
    """A checkout that a Python program renders in place of kustomize."""
    tools = python_tool(place / "tools", program)
    return Folder(place, tools, limits, kept=kept).write({"app/kustomization.yaml": "resources: []\n"})


def _said(place: Path, program: str, kept: bool) -> dict[str, Any]:
    """What such a program finds out; it fills the dictionary `said`."""
    folder = _with_tool(place, f"import os\nsaid = {{}}\n{program}\n{_SAY}", kept=kept)
    found: dict[str, Any] = json.loads(folder.render().objects[0].body["data"]["said"])
    return found


def test_nothing_of_the_machine_is_there_to_read(tmp_path: Path, kept: bool) -> None:
    (tmp_path / "secret").write_text("s3cret")
    places = ["/etc/passwd", "/root/.ssh", "/home", "/var", "/tmp", "/proc/1/environ", "/dev/null", "/sys", "/run"]
    places += [str(tmp_path / "secret"), str(_ROOT / "pyproject.toml"), "/bin/sh", "/usr/bin/env", "/usr/sbin"]
    said = _said(tmp_path, f"said['seen'] = [place for place in {places!r} if os.path.exists(place)]", kept)
    assert said["seen"] == []


def test_environment_and_open_files_are_not_inherited(tmp_path: Path, kept: bool) -> None:
    with open(tmp_path / "open", "w") as held:
        os.set_inheritable(held.fileno(), True)
        program = "said['names'] = sorted(os.environ)\nsaid['open'] = 0\nimport contextlib\nfor n in range(3, 200):\n"
        program += " with contextlib.suppress(OSError):\n  os.fstat(n)\n  said['open'] += 1"
        said = _said(tmp_path, program, kept)
    assert set(said["names"]) <= {"GOMAXPROCS", "GOMEMLIMIT", "HOME", "LC_ALL", "LC_CTYPE", "PWD"}
    assert said["open"] <= 3


def test_no_address_can_be_reached_not_even_on_this_machine(tmp_path: Path, kept: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        program = f"import socket\nfor address in (('127.0.0.1', {server.getsockname()[1]}), ('10.0.0.1', 53)):\n"
        program += " try:\n  socket.create_connection(address, 1)\n  said['reached'] = address\n"
        program += " except OSError as error:\n  said[address[0]] = error.errno"
        said = _said(tmp_path, program, kept)
    assert "reached" not in said
    assert set(said) == {"127.0.0.1", "10.0.0.1"}


def test_nothing_can_be_written(tmp_path: Path, kept: bool) -> None:
    program = (
        "said['written'] = []\nfor place in ('/tree/x', '/x', '/code/x', '/tmp/x', '/tool', '/root/x', '/lib/x'):\n"
    )
    program += " try:\n  open(place, 'w').close()\n  said['written'].append(place)\n except OSError:\n  pass"
    assert _said(tmp_path, program, kept)["written"] == []
    assert os.listdir(tmp_path / "checkout") == ["app"]


def test_nothing_of_the_user_or_of_other_processes_is_held(tmp_path: Path, kept: bool) -> None:
    program = "said['uid'] = os.getuid()\nsaid['pid'] = os.getpid()\nsaid['mounted'] = True\n"
    program += "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
    program += "said['mount'] = libc.mount(b'none', b'/tree', b'tmpfs', 0, None)\n"
    program += f"try:\n os.kill({os.getpid()}, 0)\n said['kill'] = 'reached'\nexcept OSError:\n said['kill'] = 'no'"
    said = _said(tmp_path, program, kept)
    assert said["uid"] == 65534
    assert said["pid"] < 10
    assert said["mount"] == -1
    assert said["kill"] == "no"


@pytest.mark.parametrize(
    ("program", "limits", "says"),
    [
        ("while True: pass", Limits(processor=1, seconds=90), "processor time"),
        ("import time; time.sleep(300)", Limits(seconds=2), "more than 2 s"),
        ("x = bytearray(1 << 30)", Limits(), "MemoryError"),
        ("import sys\nwhile True: sys.stdout.write('x' * 1_000_000)", Limits(), "20 MB"),
        ("import sys\nwhile True: sys.stderr.write('x' * 1_000_000)", Limits(), ""),
        ("import os; os.abort()", Limits(), "ended by SIGABRT"),
        ("print('a: [')", Limits(), "not YAML"),
    ],
)  # fmt: skip
def test_a_greedy_program_is_ended_and_the_app_named(
    tmp_path: Path, program: str, limits: Limits, says: str, kept: bool
) -> None:
    began = time.monotonic()
    mistake = _with_tool(tmp_path, program, limits, kept=kept).mistake()
    assert says in mistake.message
    assert mistake.file == "app/kustomization.yaml"
    assert time.monotonic() - began < 100


def test_a_plain_manifest_that_takes_too_long_is_named(tmp_path: Path) -> None:
    folder = Folder(tmp_path, limits=Limits(processor=1))
    folder.write({"app/a.yaml": config_map("a"), "app/slow.yaml": "[" + "{a: [1,2]}," * 60_000 + "]\n---\n" * 5})
    folder.write({"app/slower.yaml": "".join(config_map(f"n{n}") + "---\n" for n in range(60_000))})
    mistake = folder.mistake()
    assert mistake.file.startswith("app/slow")


def test_a_program_left_in_the_background_does_not_outlive_the_render(tmp_path: Path, kept: bool) -> None:
    marker = f"left-behind-{os.getpid()}-{time.monotonic_ns()}"
    program = f"import sys, time\nif not os.fork():\n os.setsid()\n os.execv({str(Path(sys.executable).resolve())!r},"
    program += f" ['python', '-ISc', 'import time; time.sleep(300)', {marker!r}])\nsaid['ok'] = 1"
    assert _said(tmp_path, program, kept) == {"ok": 1}
    wait_until_gone(marker)


def test_a_killed_bot_takes_its_jail_along(tmp_path: Path, kept: bool) -> None:
    marker = f"orphan-{os.getpid()}-{time.monotonic_ns()}"
    python = str(Path(sys.executable).resolve())
    program = f"import os\nos.execv({python!r}, ['python', '-ISc', 'import time; time.sleep(300)', {marker!r}])"
    _with_tool(tmp_path, program)
    bot = "import sys\nfrom pathlib import Path\nfrom tests.contract.rendering import Folder\n"
    bot += "place = Path(sys.argv[1])\nFolder(place, place / 'tools', kept=sys.argv[2:] == ['kept']).render()\n"
    arguments = [sys.executable, "-c", bot, str(tmp_path), *(["kept"] if kept else [])]
    with subprocess.Popen(arguments, cwd=_ROOT, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 90
        while not running(marker):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    wait_until_gone(marker)


def test_a_bubblewrap_on_path_that_does_not_work_gives_way_to_the_bundled_one(tmp_path: Path) -> None:
    Folder(tmp_path).write({"app/a.yaml": config_map("a")})
    broken = tmp_path / "bin/bwrap"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    bot = "import sys\nfrom pathlib import Path\nfrom tests.contract.rendering import Folder\n"
    bot += "print(Folder(Path(sys.argv[1])).names())\n"
    path = {**os.environ, "PATH": f"{broken.parent}:{os.environ['PATH']}"}
    arguments = [sys.executable, "-c", bot, str(tmp_path)]
    done = subprocess.run(arguments, cwd=_ROOT, capture_output=True, text=True, env=path)
    assert done.stdout.strip() == "['a']", done.stderr


def test_without_kustomize_and_kubectl_the_mistake_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    folder = Folder(tmp_path, tmp_path / "tools").write({"app/kustomization.yaml": ""})
    mistake = folder.mistake()
    assert "kubectl" in mistake.message
    assert "install" in mistake.remedy


def test_the_version_changes_with_the_tool(tmp_path: Path) -> None:
    folder = _with_tool(tmp_path, "")
    before = folder.renderer.version()
    assert folder.renderer.version() == before
    (tmp_path / "tools/kustomize").write_text("#!/bin/false\n")
    assert folder.renderer.version() != before


def test_a_tool_that_answers_with_nonsense_is_a_mistake_and_not_a_crash(tmp_path: Path) -> None:
    for number, text in enumerate(("apiVersion: v1\nkind: []\n", "{}", "a", "- - - -", "\x00", "---\n...\n%")):
        place = tmp_path / str(number)
        place.mkdir()
        with pytest.raises(UserMistake):
            _with_tool(place, f"print({text!r})").render()


def test_threads_may_render_at_once(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write({f"app{number}/a.yaml": config_map(f"a{number}") for number in range(8)})
    with folder.renderer.kept(folder.checkout), ThreadPoolExecutor(8) as threads:
        assert list(threads.map(folder.names, [f"app{n}" for n in range(8)])) == [[f"a{n}"] for n in range(8)]
