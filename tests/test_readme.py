"""The README's tables and the map of the house hold exactly what the code reads: no key, command or room is missing."""

import argparse
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import bot
from bot.domain.commands import TABLE
from bot.domain.config_keys import APP_KEYS, ENVIRONMENT_KEYS
from bot.domain.config_reader import read_config
from bot.domain.errors import UserMistake
from bot.domain.grants_reader import read_clusters
from bot.settings import PREFIX, Settings
from handlers.__main__ import SUBCOMMANDS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
GRANT = "clusters: {prod: {kubeconfig: k, inventory_namespace: n, inventory_as: a, grants: [{zzzz: 1}]}}\n"


def column(heading: str) -> set[str]:
    """The names in backticks that begin the rows of a table."""
    table = README.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    cells = [line.split(" | ")[0] for line in table.splitlines()[2:]]
    return {re.split(r"[:{\s]", name)[0] for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def known(read: Callable[[], object]) -> set[str]:
    """The keys that a reader names when it meets one that it does not know."""
    with pytest.raises(UserMistake) as caught:
        read()
    listed = re.search(r"no key 'zzzz' \(known here: ([^)]*)\)", str(caught.value))
    assert listed is not None
    return set(listed[1].split(", "))


def test_keys_of_the_config_are_listed() -> None:
    assert column("App key") == {*APP_KEYS, "overrides"}
    assert column("Environment key") == {*ENVIRONMENT_KEYS}
    for key in known(lambda: read_config(b"zzzz: 1\n")):
        assert re.search(rf"(`|\n){key}:[ \n]|`{key}`", README), key


def test_keys_of_the_clusters_file_are_listed() -> None:
    cluster = known(lambda: read_clusters(b"clusters: {prod: {zzzz: 1}}\n", "clusters.yaml"))
    assert column("Key of a cluster") == cluster | known(lambda: read_clusters(GRANT.encode(), "clusters.yaml"))


def test_settings_are_listed() -> None:
    assert column("Variable") == {PREFIX + name.upper() for name in Settings.model_fields}


def test_slash_commands_are_listed_with_their_options() -> None:
    table = README.split("| Command | Who |", 1)[1].split("\n\n", 1)[0]
    for row in TABLE.values():
        line = next((line for line in table.splitlines() if re.search(rf"[` ]{row.name}[` ]", line.split("|")[1])), "")
        assert line, row.name
        for option in row.options:
            assert f"--{option.name}" in line, f"{row.name} --{option.name}"


def test_subcommands_are_listed_with_their_options() -> None:
    parsers = argparse.ArgumentParser().add_subparsers()
    for each in SUBCOMMANDS:
        each.register(parsers)
    for name, parser in parsers.choices.items():
        lines = [line for line in README.splitlines() if re.search(rf"(`|plumbline ){name}\b", line)]
        assert lines, name
        for option in set(re.findall(r"--[a-z-]+", parser.format_usage())):
            assert any(option in line for line in lines), f"{name} {option}"


def test_annotations_are_listed() -> None:
    text = "".join(path.read_text() for path in (ROOT / "bot" / "objects").glob("*.py"))
    named = set(re.findall(r'"(plumbline\.dev/[a-z-]+)"', text))
    assert named
    assert {name for name in column("Annotation") if "/" in name} == named


def test_the_map_of_the_house_names_every_room_and_no_other() -> None:
    rooms = re.findall(r"^    ([a-z_]+(?:/|\.py)) ", bot.__doc__ or "", re.MULTILINE)
    inside = [path for path in (ROOT / "bot").iterdir() if not path.name.startswith("__")]
    assert sorted(rooms) == sorted(f"{path.name}/" if path.is_dir() else path.name for path in inside)
