"""Which plans are made again when their base moves: those that share a target, a file or the config with it."""

from collections.abc import Iterator

import pytest

from bot.domain.subjects import Target
from bot.planning.make import PlanRequest, make_plan
from bot.planning.overtaken import Planned, overtaken
from bot.wiring import Local, local
from tests.live.planned import Scratch

CONFIG = (
    "version: 1\napps:\n"
    "  web: {path: apps/web, environments: all, renderer: plain}\n"
    "  api: {path: apps/api, environments: all, renderer: kustomize}\n"
    "environments:\n  prod: {cluster: prod}\n"
)


def settings(name: str, value: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: shop}}\ndata: {{a: {value}}}\n"


FIRST: dict[str, str | None] = {
    ".plumbline.yaml": CONFIG,
    "apps/web/a.yaml": settings("web", "one"),
    "apps/web/b.yaml": settings("more", "one"),
    "apps/api/kustomization.yaml": "resources: [../../shared]\n",
    "shared/kustomization.yaml": "resources: [a.yaml]\n",
    "shared/a.yaml": settings("api", "one"),
    "README.md": "hello\n",
}
CHANGED: dict[str, str | None] = {"apps/web/a.yaml": settings("web", "two"), "NOTES.md": "a\n"}


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    return Scratch.make(tmp_path_factory.mktemp("overtaken") / "repo")


@pytest.fixture(scope="module")
def base(scratch: Scratch) -> str:
    return scratch.commit(FIRST)


@pytest.fixture(scope="module")
def here(scratch: Scratch, base: str) -> Iterator[Local]:
    """The repository with everything rendered once, as a bot that has delivered the base branch knows it."""
    with local(scratch.folder, "local:0") as opened:
        workspace = opened.planner.rendering.workspace
        workspace.fetch(opened.repository, base)
        make_plan(PlanRequest(opened.repository, base, base, base, everything=True), opened.planner)
        yield opened


def asked(here: Local, scratch: Scratch, base: str, head: str, tip: str) -> bool:
    """Whether a plan of web at that head is overtaken by that tip."""
    rendering = here.planner.rendering
    rendering.workspace.fetch(here.repository, base, head, tip)
    return overtaken(rendering, here.repository, Planned(head, base, frozenset({Target("prod", "web")})), tip)


@pytest.mark.parametrize(
    ("moved", "again"),
    [
        ({"README.md": "bye\n"}, False),
        ({"shared/a.yaml": settings("api", "two")}, False),
        ({"apps/web/b.yaml": settings("more", "two")}, True),
        ({"apps/web/c.yaml": settings("new", "one")}, True),
        ({"NOTES.md": "b\n"}, True),
        ({".plumbline.yaml": CONFIG.replace("prod}", "prod, approvals: 1}")}, True),
    ],
    ids=["unread file", "another app", "same app", "new file of the same app", "same file", "rules"],
)
def test_a_plan_is_overtaken_by_what_it_shares_with_its_base(
    here: Local, scratch: Scratch, base: str, moved: dict[str, str | None], again: bool
) -> None:
    head = scratch.commit(CHANGED, onto=base)
    assert asked(here, scratch, base, head, scratch.commit(moved, onto=base)) is again


def test_a_folder_that_the_base_begins_to_read_overtakes_a_pull_that_changes_it(
    here: Local, scratch: Scratch, base: str
) -> None:
    head = scratch.commit({**CHANGED, "extra/kustomization.yaml": "resources: []\n"}, onto=base)
    moved = scratch.commit({"apps/api/kustomization.yaml": "resources: [../../shared, ../../extra]\n"}, onto=base)
    assert asked(here, scratch, base, head, moved)


def test_commits_that_are_gone_count_as_overtaken(here: Local, base: str) -> None:
    planned = Planned("1" * 40, "2" * 40, frozenset())
    assert overtaken(here.planner.rendering, here.repository, planned, base)
