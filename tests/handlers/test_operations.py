"""What an operator does from the command line beside a running bot: deploy again, rebuild what was lost, read along."""

import pytest

from bot.ports.audit import Wanted
from handlers.cli.audit import broken
from tests.handlers.shop import Shop

pytestmark = pytest.mark.live


def noted(shop: Shop) -> list[tuple[str, str, str]]:
    """Target, actor and action of everything in the audit about the repository."""
    page = shop.ledger(lambda tx: tx.audit.page(0, Wanted(shop.key), 100))
    return [(each.entry.target, each.entry.actor, each.entry.action) for each in page]


def test_deploy_follows_and_rebuild_brings_back_what_was_lost(shop: Shop) -> None:
    commit = shop.begin(shop.both())
    shop.wait_deployed(commit, "staging", "prod")
    repository = ("--repository", f"github:{shop.path}")
    ended = [(f"{name}/web", "plumbline", word) for name in ("staging", "prod") for word in ("began", "healthy")]
    assert noted(shop) == ended

    said = shop.world.plumbline("deploy", "staging/web", *repository)
    assert said.splitlines()[-1] == f"staging/web {commit[:7]}: healthy"
    assert [row.attempt for row in shop.rows()] == [1, 2]
    again = [("staging/web", "operator", "word"), ("staging/web", "plumbline", "began")]
    assert noted(shop)[4:6] == again
    assert "is not deployed from" in _refused(shop, "deploy", "staging/none", *repository)

    assert shop.world.plumbline("rebuild", "staging", "prod", *repository).splitlines() == [
        "staging/web: is there",
        "prod/web: is there",
    ]
    before = {name: shop.inventory(f"{name}/web")["Deployment/web"].uid for name in ("staging", "prod")}
    for target, namespace in (("staging/web", shop.staging), ("prod/web", shop.prod)):
        name = _inventory_name(shop, target)
        shop.world.cluster.kubectl("delete", "configmap", name, "-n", "plumbline")
        shop.world.cluster.kubectl("delete", "deployments,configmaps", "--all", "-n", namespace)
    said = shop.world.plumbline("rebuild", "prod", "staging", *repository)
    lines = said.splitlines()
    healthy = [f"{name}/web {commit[:7]}: healthy" for name in ("staging", "prod")]
    assert [line for line in lines if line in healthy] == healthy, said
    assert lines.index(healthy[0]) < min(at for at, line in enumerate(lines) if line.startswith("prod/web"))
    for name, namespace in (("staging", shop.staging), ("prod", shop.prod)):
        live = shop.live("deployment", "web", namespace)
        assert live["metadata"]["uid"] == shop.inventory(f"{name}/web")["Deployment/web"].uid != before[name]
    assert not [entry for entry in shop.audit() if entry.verb == "delete"]
    assert broken(shop.opened)[1] is None


def _refused(shop: Shop, *arguments: str) -> str:
    with pytest.raises(RuntimeError) as refused:
        shop.world.plumbline(*arguments)
    return str(refused.value)


def _inventory_name(shop: Shop, target: str) -> str:
    maps = shop.world.cluster.get("configmap", "-n", "plumbline")["items"]
    subject = f"{shop.key} {target}"
    found = next(each for each in maps if subject in (each["metadata"].get("annotations") or {}).values())
    return str(found["metadata"]["name"])
