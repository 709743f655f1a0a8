"""What somebody else made becomes ours only when people saw that or said so; who turns up later is not run over."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.domain.deployments import DeploymentState, Wait
from bot.domain.plans import confirmation
from bot.objects.identity import ObjectKey
from bot.objects.ownership import applied_by
from fixtures.cluster.access import Access
from tests.live.delivering import Delivering
from tests.live.mortal import Died, Fate, mortal
from tests.live.sides import config_map, ours, quick

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def shop(cluster: Access, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivering]:
    with quick(cluster, tmp_path_factory.mktemp("takeovers")) as found:
        yield found


def by_hand(shop: Delivering, name: str) -> None:
    shop.access.apply_admin(config_map(name, "theirs").replace("{name:", f"{{namespace: {shop.prefix}, name:"))


def values(shop: Delivering) -> dict[str, str]:
    return {name: body["data"]["value"] for name, body in ours(shop).items()}


def test_an_object_of_others_is_taken_over_only_once_that_was_confirmed(shop: Delivering) -> None:
    by_hand(shop, "theirs")
    row = shop.due(shop.commit({"web/a.yaml": "---\n".join(config_map(each, "ours") for each in ("mine", "theirs"))}))
    row = shop.until(row, lambda each: each.state.ended or bool(each.conditions))
    assert [each.wait for each in row.conditions] == [Wait.CONFIRMATION]
    assert row.progress.asked == (f"takeover ConfigMap {shop.prefix}/theirs",)
    assert values(shop) == {"theirs": "theirs"}
    with shop.ports.ledger.begin() as tx:
        tx.deployments.save(replace(row, confirmed=confirmation(("takeover of something else",))))
    again = shop.until(row, lambda each: bool(each.conditions))
    assert (again.conditions, values(shop)) == (row.conditions, {"theirs": "theirs"})
    with shop.ports.ledger.begin() as tx:
        tx.deployments.save(replace(again, confirmed=row.conditions[0].subject))
    ended = shop.until(row, lambda each: each.state.ended)
    assert (ended.state, ended.reason) == (DeploymentState.HEALTHY, "")
    assert ended.progress.taken_over == (f"ConfigMap {shop.prefix}/theirs",)
    assert values(shop) == {"mine": "ours", "theirs": "ours"}
    assert all(applied_by(body, "plumbline") for body in shop.labelled().values())
    assert shop.kept().keys() == {"ConfigMap/mine", "ConfigMap/theirs"}


def test_who_turns_up_after_the_last_plan_keeps_what_is_theirs(shop: Delivering) -> None:
    row = shop.due(shop.commit({"web/b.yaml": config_map("sudden", "ours", wave=1)}))
    with pytest.raises(Died):
        shop.until(row, lambda each: each.state.ended, ports=mortal(shop.ports, Fate(until="put ConfigMap")))
    by_hand(shop, "sudden")
    ended = shop.until(row, lambda each: each.state.ended)
    assert ended.state is DeploymentState.FAILED
    assert f"ConfigMap {shop.prefix}/sudden: fields are held by others" in ended.reason
    assert values(shop)["sudden"] == "theirs"
    assert "ConfigMap/sudden" not in shop.kept() | shop.mapped()


def test_a_row_that_another_target_took_meanwhile_is_not_written_again(shop: Delivering) -> None:
    both = {name: config_map(name, "first") for name in ("stays", "taken")}
    commit = shop.commit({"web/b.yaml": None, "web/c.yaml": "---\n".join(both.values())})
    assert shop.deliver(commit).state is DeploymentState.HEALTHY
    row = shop.due(shop.commit({"web/c.yaml": config_map("stays", "second")}))
    taken = ObjectKey("", "ConfigMap", shop.prefix, "taken")

    class Meanwhile(Fate):
        def before(self, step: str) -> None:
            if step == "apply ConfigMap/stays":
                with shop.ports.ledger.begin() as tx:
                    tx.inventory.drop(row.repository, row.target, [taken])

    ended = shop.until(row, lambda each: each.state.ended, ports=mortal(shop.ports, Meanwhile()))
    assert ended.state is DeploymentState.HEALTHY
    assert "ConfigMap/taken" not in shop.kept() | shop.mapped()
    assert values(shop)["taken"] == "first"
