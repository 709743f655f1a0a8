"""`plumbline doctor` as an operator runs it, beside a real cluster and forge."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.pulls import Repository
from bot.ledger.ledger import open_ledger
from fixtures.cluster.borrowed import BorrowedCluster
from fixtures.cluster.cluster import Cluster
from fixtures.forge import Forge
from fixtures.world import Granted, World
from handlers.__main__ import main

pytestmark = pytest.mark.live


def test_all_is_well_and_no_secret_is_printed(
    cluster: Cluster | BorrowedCluster, grants: Iterator[Granted], tmp_path: Path
) -> None:
    with Forge() as forge:
        granted = next(grants)
        forge.add_repository(granted.repository, {"README.md": "x"})
        forge.install_app(granted.repository.partition("/")[0], repositories=[granted.repository], announce=False)
        world = World(cluster, forge, tmp_path, others=(granted,))
        world.write_clusters(world.others)
        (tmp_path / "data").mkdir(mode=0o700)
        with closing(open_ledger(f"sqlite:///{tmp_path}/data/plumbline.db")) as ledger, ledger.begin() as tx:
            installation = next(iter(forge.rooms.world.installations))
            repository = forge.repository(granted.repository)
            tx.repositories.see(Repository("github", repository.id, granted.repository, installation))
        said = world.plumbline("doctor", codes=(0, 1))
        assert not {"fail", "warn"} & set(said.split()), said
        for words in ("knows the App as plumbline", f"gives tokens for {granted.repository}", "is SQLite", "helm: v"):
            assert words in said
        assert f"plan-{granted.accounts} is proven unable to write" in said
        for secret in (forge.app.webhook_secret, forge.app.private_key[40:100], "eyJ", "ghs_"):
            assert secret not in said
        forge.app.permissions["checks"] = "read"
        (tmp_path / "app.pem").chmod(0o644)
        lines = [json.loads(line) for line in world.plumbline("doctor", "--format", "json", codes=(1,)).splitlines()]
        wrong = {(each["health"], each["says"]) for each in lines if each["health"] != "ok"}
        assert wrong == {
            ("fail", "the App lacks checks: write"),
            ("warn", f"{tmp_path}/app.pem can be read by others"),
        }


def test_a_wrong_setting_is_the_first_thing_it_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PLUMBLINE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PLUMBLINE_GITHUB_APP_ID", "501")
    assert main(["doctor"]) == 1
    assert "fail   settings: GitHub is configured without" in capsys.readouterr().out
