"""The house rules of CONTRIBUTING.md, held over every source file, and each of them shown to bite."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeGuard

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILE_LINES, FUNCTION_LINES, PARAMETERS = 300, 40, 5
VAGUE = {"utils", "util", "helpers", "helper", "common", "base", "manager", "service", "core", "misc"}
CATCHES_ALL = Path("bot/worker.py")
"""The one file that may catch everything: it decides what happens to a reaction that failed."""

DELETES = Path("bot/cluster/delete.py")
"""The one file that asks an API server to delete something."""

Rule = Callable[[Path, str], Iterator[str]]


def product(path: Path) -> bool:
    return path.parts[0] in ("bot", "handlers")


def sources() -> list[Path]:
    found = [path for room in ("bot", "handlers", "fixtures", "tests") for path in (ROOT / room).rglob("*.py")]
    return sorted(path.relative_to(ROOT) for path in found if "versions" not in path.parts)


def functions(text: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def short_files(path: Path, text: str) -> Iterator[str]:
    if text.count("\n") > FILE_LINES:
        yield f"{text.count(chr(10))} lines, {FILE_LINES} are the most"


def short_functions(path: Path, text: str) -> Iterator[str]:
    for node in functions(text):
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > FUNCTION_LINES:
            yield f"{node.name} has {lines} lines, {FUNCTION_LINES} are the most"


def few_parameters(path: Path, text: str) -> Iterator[str]:
    for node in functions(text) if product(path) else ():
        arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
        names = [argument.arg for argument in arguments if argument.arg not in ("self", "cls")]
        if len(names) > PARAMETERS:
            yield f"{node.name} takes {len(names)} parameters, {PARAMETERS} are the most"


def said_in_a_docstring(path: Path, text: str) -> Iterator[str]:
    tree = ast.parse(text)
    if not ast.get_docstring(tree) and path.name != "__init__.py":
        yield "the module has no docstring"
    for node in tree.body if product(path) else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            overload = any(getattr(decorator, "id", "") == "overload" for decorator in node.decorator_list)
            if not (node.name.startswith("_") or overload or ast.get_docstring(node)):
                yield f"{node.name} has no docstring"


def no_mocks(path: Path, text: str) -> Iterator[str]:
    if found := re.search(
        r"unittest[.]m[o]ck|from unittest import[ ]mock|Magic[M]ock|mocker\.|monkeypatch\.set[a]ttr", text
    ):
        yield f"{found[0]}: use a fake that passes the same contract tests as the real thing"


def no_blanket_except(path: Path, text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)) if product(path) and path != CATCHES_ALL else ():
        if isinstance(node, ast.ExceptHandler):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(kind is None or getattr(kind, "id", "") in ("Exception", "BaseException") for kind in kinds):
                yield f"line {node.lineno} catches everything"


def telling_names(path: Path, text: str) -> Iterator[str]:
    yield from (f"{part} is a name that says nothing" for part in {*path.parts[:-1], path.stem} & VAGUE)


def one_file_deletes(path: Path, text: str) -> Iterator[str]:
    if path.parts[:2] != ("bot", "cluster") or path == DELETES:
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            said = [each.value for each in [*node.args, *(given.value for given in node.keywords)] if _is_text(each)]
            if any(str(word).upper() == "DELETE" for word in said):
                yield f"line {node.lineno} sends DELETE, which {DELETES} alone does"


def _is_text(node: ast.expr) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def nothing_left_to_do(path: Path, text: str) -> Iterator[str]:
    if found := re.search(r"\x23.*\b(TODO|FIXME|XXX|HACK)\b", text):
        yield f"a {found[1]}: do it, or write an issue"


RULES: dict[Rule, tuple[str, str]] = {
    short_files: ("bot/sample.py", '"""Sample."""\n' + "x = 1\n" * FILE_LINES),
    short_functions: ("tests/sample.py", "def f() -> None:\n" + "    print()\n" * FUNCTION_LINES),
    few_parameters: ("handlers/sample.py", "def f(a, b, c, d, *, e, f): ...\n"),
    said_in_a_docstring: ("bot/sample.py", '"""Sample."""\ndef f() -> None: ...\n'),
    no_mocks: ("tests/sample.py", "from unittest" + ".mock import Mock\n"),
    no_blanket_except: ("bot/sample.py", "try:\n    pass\nexcept (OSError, Exception):\n    pass\n"),
    telling_names: ("bot/utils.py", ""),
    one_file_deletes: ("bot/cluster/sample.py", 'Request("DELETE", path, headers)\n'),
    nothing_left_to_do: ("bot/sample.py", "x = 1  # TO" + "DO: later\n"),
}
"""Every rule, with a small file that breaks it."""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_source_file_keeps_the_rule(rule: Rule) -> None:
    broken = [f"{path}: {words}" for path in sources() for words in rule(path, (ROOT / path).read_text())]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_bites(rule: Rule) -> None:
    name, text = RULES[rule]
    assert list(rule(Path(name), text))


def test_the_file_that_deletes_does_send_it() -> None:
    assert list(one_file_deletes(Path("bot/cluster/elsewhere.py"), (ROOT / DELETES).read_text()))


def test_the_worker_is_the_only_file_that_catches_everything() -> None:
    assert list(no_blanket_except(Path("bot/elsewhere.py"), (ROOT / CATCHES_ALL).read_text()))


BREAKS = {
    "handlers stand on bot, never the reverse": ("bot/wiring.py", "import handlers.plan"),
    "Inside bot, imports only go down": ("bot/domain/pulls.py", "import bot.planning.make"),
    "Adapters know no decisions": ("bot/ledger/slots.py", "import bot.delivery.look"),
    "Door and worker get adapters only through wiring": ("bot/web/door.py", "import bot.ledger.ledger"),
    "Inside handlers, reactions do not call each other": ("handlers/plan.py", "import handlers.deploy"),
    "Reactions see ports, never adapters": ("handlers/plan.py", "import httpx"),
    "Objects and domain perform no I/O": ("bot/domain/pulls.py", "import os"),
    "One file knows the engine": ("bot/worker.py", "import dbos"),
    "One folder starts processes": ("bot/renderers/plain.py", "import subprocess"),
}
"""Every import contract of pyproject.toml, with a file and an import that breaks it."""


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rooms without their caches, to be broken in."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for room in ("bot", "handlers"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def lint_imports(folder: Path) -> str:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False).stdout


def test_the_import_contracts_hold(copied: Path) -> None:
    said = lint_imports(copied)
    assert "0 broken" in said, said
    assert {contract for contract in BREAKS if f"{contract} KEPT" in said} == set(BREAKS)
    assert f"{len(BREAKS)} kept" in said, "a contract without a proof that it bites"


@pytest.mark.parametrize("contract", BREAKS)
def test_the_import_contract_bites(contract: str, copied: Path) -> None:
    name, line = BREAKS[contract]
    whole = (copied / name).read_text()
    try:
        (copied / name).write_text(f"{whole}\n{line}\n")
        said = lint_imports(copied)
    finally:
        (copied / name).write_text(whole)
    assert f"{contract} BROKEN" in said, said


@pytest.mark.parametrize("stray", ["bot/stray.py", "handlers/stray.py"])
def test_a_module_that_no_layer_knows_fails(stray: str, copied: Path) -> None:
    (copied / stray).write_text("")
    try:
        said = lint_imports(copied)
    finally:
        (copied / stray).unlink()
    assert "0 broken" not in said
    assert "stray" in said
