"""`app.yaml` asks GitHub for exactly the events the door admits and the permissions the code uses."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

import bot.forges.github
from bot.forges.github.auth import read_needs
from bot.forges.github.door import EVENTS

ROOT = Path(__file__).parents[1]
MANIFEST: dict[str, Any] = yaml.safe_load((ROOT / "app.yaml").read_text())
UNASKED = {"installation", "installation_repositories"}
"""Events that GitHub sends to every App."""


def declared() -> dict[str, str]:
    """What the client files of `bot/forges/github` say they need, all together."""
    needs: list[str] = []
    for module in pkgutil.iter_modules(bot.forges.github.__path__):
        found = importlib.import_module(f"bot.forges.github.{module.name}")
        needs += [each for name, value in vars(found).items() if name.endswith("NEEDS") for each in value]
    return read_needs(tuple(needs))


def used() -> Iterator[tuple[str, str]]:
    """Every need written anywhere in handlers and bot, with the file it stands in."""
    for folder in ("handlers", "bot"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_need(node.value):
                    yield str(path.relative_to(ROOT)), node.value


def _is_need(text: str) -> bool:
    name, _, level = text.partition(":")
    return level in ("read", "write") and name.isidentifier()


def test_events_are_those_the_door_admits() -> None:
    assert set(MANIFEST["default_events"]) == EVENTS - UNASKED


def test_permissions_are_those_the_client_declares_and_no_more() -> None:
    assert MANIFEST["default_permissions"] == declared()


def test_no_job_asks_for_more_than_the_manifest_has() -> None:
    granted = MANIFEST["default_permissions"]
    asked = list(used())
    assert {path for path, _ in asked} >= {"handlers/say/pull.py", "handlers/say/commit.py", "handlers/plan.py"}
    for path, need in asked:
        name, _, level = need.partition(":")
        assert granted.get(name) in (level, "write"), f"{path} asks for {need}"


def test_code_is_written_for_rollbacks_alone_and_workflows_never() -> None:
    permissions = MANIFEST["default_permissions"]
    assert {path for path, need in used() if need == "contents:write"} == {"bot/forges/github/github.py"}
    pushing = [path for path in (ROOT / "handlers").rglob("*.py") if ".push(" in path.read_text()]
    assert [path.name for path in pushing] == ["rollback.py"]
    assert not {"workflows", "administration", "actions", "secrets", "organization_administration"} & set(permissions)


def test_manifest_is_sorted_so_that_a_difference_is_easy_to_read() -> None:
    assert MANIFEST["default_events"] == sorted(MANIFEST["default_events"])
    assert list(MANIFEST["default_permissions"]) == sorted(MANIFEST["default_permissions"])
