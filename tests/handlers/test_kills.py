"""kill -9 of `plumbline serve` at the worst moments, on both databases: all ends as if nothing had happened."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from bot.domain.subjects import pull_key
from bot.ledger.tables import began
from tests.databases import postgres_server
from tests.handlers.conftest import NewWorld, assert_clean
from tests.handlers.shop import Shop, wait_until, workload

HELD = "600s"
"""The workloads that are under way when the bot dies do not get ready before they are released."""


def in_waves(shop: Shop) -> dict[str, str | bytes | None]:
    """Two waves: `web`, which takes its time, and `late`."""
    late = workload(shop.staging, "late", "late:1").replace(
        "metadata: {", 'metadata: {annotations: {plumbline.dev/wave: "1"}, ', 1
    )
    return {**shop.app(ready_after=HELD), "apps/web/staging/late.yaml": late}


def planning(shop: Shop) -> bool:
    """Whether the bot has begun to plan the first pull."""
    wanted = sa.select(began.c.at).where(began.c.name == "plan", began.c.key == pull_key(shop.key, 1))
    with shop.opened.database.begin() as connection:
        return connection.execute(wanted).first() is not None


def accepted(shop: Shop) -> bool:
    """Whether the webhook of the first pull was answered with 202."""
    sent = [
        each for each in shop.world.forge.deliveries if each.event == "pull_request" and shop.path in str(each.body)
    ]
    return any(each.status_code == 202 for each in sent)


def killed(shops: Sequence[Shop]) -> tuple[Shop, Shop, Shop, Shop]:
    """Kill the bot when one repository's webhook was just accepted, another's pull is being planned, a third is between
    two waves, and a fourth settles."""
    fresh, planned, waves, settling = shops
    world = fresh.world
    waves.begin(in_waves(waves))
    settling.begin(settling.app(ready_after=HELD))
    for shop in (fresh, planned):
        shop.begin()
        world.forge.faults.slow(f"GET /repos/{shop.path}/pulls/1$", 30.0)
    for shop in (fresh, planned):
        shop.wait_deployed(shop.tip())
    for shop in (waves, settling):
        wait_until("it settles", lambda shop=shop: shop.state() == "settling" and shop.live("deployment", "web"))  # type: ignore[misc]
    planned.pull(planned.app("web:2"))
    wait_until("planning has begun", lambda: planning(planned))
    fresh.pull(fresh.app("web:2"))
    wait_until("the webhook was accepted", lambda: accepted(fresh))
    world.kill()
    world.forge.faults.clear()
    return fresh, planned, waves, settling


def played(shops: Sequence[Shop]) -> None:
    """Kill the bot at these moments, and once more while it recovers; then see how everything ends."""
    fresh, planned, waves, settling = killed(shops)
    assert (fresh.comments(1), planned.comments(1)) == ([], [])
    assert (waves.state(), settling.state()) == ("settling", "settling")
    assert not waves.live("deployment", "late")
    fresh.world.start()
    fresh.world.kill()
    fresh.world.start()
    for shop in (fresh, planned):
        shop.wait_plan(1, "registry.example/web:2")
        assert len(shop.comments(1)) == 1
        assert [run.name for run in shop.world.forge.check_runs(shop.head(1), shop.path)] == ["plumbline/plan"]
    for shop in (waves, settling):
        shop.world.cluster.release(shop.staging)
        shop.wait_deployed(shop.tip())
        assert [(row.state.value, row.attempt) for row in shop.rows()] == [("healthy", 1)]
        wait_until("the forge knows", lambda shop=shop: shop.forge_deployments(shop.tip())["staging"][-1] == "success")  # type: ignore[misc]
        names = [run.name for run in shop.world.forge.check_runs(shop.tip(), shop.path)]
        assert sorted(names) == ["plumbline/deploy/staging", "plumbline/plan"]
    assert waves.images() == {"web:1", "late:1"}
    assert sorted(waves.inventory()) == ["ConfigMap/web-settings", "Deployment/late", "Deployment/web"]
    merged = fresh.merge(1)
    fresh.wait_deployed(merged)
    wait_until("the comment is there", lambda: "### Deployed, healthy" in fresh.comment(1, "deployment"))
    for shop in (fresh, planned, waves, settling):
        assert_clean(shop)


@pytest.fixture(scope="module")
def plays(new_world: NewWorld) -> Iterator[dict[str, "Future[None]"]]:
    """The same on both databases, side by side."""
    with (
        postgres_server() as server,
        new_world(4) as on_sqlite,
        new_world(4, server.fresh()) as on_postgres,
        ThreadPoolExecutor(2) as pool,
    ):
        yield {"sqlite": pool.submit(played, on_sqlite), "postgres": pool.submit(played, on_postgres)}


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_a_killed_bot_ends_everything_as_if_nothing_had_happened(
    plays: dict[str, "Future[None]"], database: str
) -> None:
    plays[database].result()
