"""What the command line says to somebody who got something wrong: what, where, and what to do; exit code 1 always."""

from pathlib import Path

import pytest

from handlers.__main__ import main
from tests.live.planned import Scratch

CONFIG = "version: 1\napps: {web: {path: web, environments: [prod]}}\nenvironments: {prod: {cluster: prod}}\n"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n"
PLAN = ("plan", "--base", "main", "--head", "main")


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Settings of nobody, in a folder of the test's own."""
    for name in ("GITHUB_APP_ID", "CLUSTERS_FILE", "DATABASE_URL"):
        monkeypatch.delenv(f"PLUMBLINE_{name}", raising=False)
    monkeypatch.setenv("PLUMBLINE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What it says on standard error, after it ended with 1."""
    try:
        code = main(words)
    except SystemExit as ended:
        code = int(ended.code or 0)
    assert code == 1
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ((), "--help"),
        (("plam",), "choose from"),
        (("plan", "--base", "main"), "--head"),
        ((*PLAN, "prod/web"), "see plumbline plan --help"),
        (("serve", "--port", "http"), "--port"),
        (("serve",), "set PLUMBLINE_GITHUB_APP_ID"),
        (("deploy", "prod/web"), "PLUMBLINE_"),
        (("rebuild", "prod"), "PLUMBLINE_"),
        (("audit", "--verify"), "set PLUMBLINE_DATA_DIR"),
        (("badge", "github:acme/shop", "prod"), "set PLUMBLINE_DATA_DIR"),
        (("manifests",), "give --clusters-file"),
        (PLAN, "name one with --repo"),
    ],
)
def test_a_mistake_on_the_command_line_says_what_to_do(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], remedy: str
) -> None:
    assert remedy in said(capsys, *words)


def test_repositories_that_cannot_be_planned_say_what_is_missing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    scratch = Scratch.make(tmp_path / "shop")
    repo = ("--repo", str(scratch.folder))
    assert "fetch it first" in said(capsys, *PLAN, *repo)
    scratch.commit({"README.md": "hello"})
    assert "there is no .plumbline.yaml" in said(capsys, *PLAN, *repo)
    assert "has no .plumbline.yaml" in said(capsys, "render", "prod/web", *repo)
    scratch.commit({".plumbline.yaml": CONFIG.replace("apps", "aps"), "web/a.yaml": MAP})
    assert ".plumbline.yaml:2: there is no key 'aps' (did you mean `apps`?)" in said(capsys, *PLAN, *repo)
    scratch.commit({".plumbline.yaml": CONFIG})
    assert "targets are: prod/web" in said(capsys, *PLAN, *repo, "--target", "prod/wbe")
    assert "targets are: prod/web" in said(capsys, "render", "prod/wbe", *repo)
    assert "write environment/app" in said(capsys, "render", "web", *repo)
    assert "correct --kubeconfig" in said(capsys, *PLAN, *repo, "--kubeconfig", str(tmp_path / "none"))


def test_a_cluster_that_cannot_be_asked_is_no_plan_without_changes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    scratch = Scratch.make(tmp_path / "shop")
    scratch.commit({".plumbline.yaml": CONFIG, "web/a.yaml": MAP})
    (tmp_path / "kubeconfig").write_text("not: [yaml")
    scratch.git("branch", "old")
    scratch.commit({"web/a.yaml": MAP + "data: {a: b}\n"})
    assert main(("plan", "--base", "old", "--head", "main", "--repo", str(scratch.folder))) == 2, "none is asked"
    assert main((*PLAN, "--repo", str(scratch.folder), "--kubeconfig", str(tmp_path / "kubeconfig"))) == 1
    shown = capsys.readouterr().out
    assert "not checked" in shown
    assert str(tmp_path / "kubeconfig") in shown


def test_a_misspelt_setting_is_named_by_the_doctor(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUMBLINE_CLUSTER_FILE", "x")
    assert main(["doctor"]) == 1
    assert "did you mean PLUMBLINE_CLUSTERS_FILE?" in capsys.readouterr().out
