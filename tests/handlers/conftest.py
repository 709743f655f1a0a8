"""The world for tests of the whole loop: one cluster, one forge, one `plumbline serve`; a repository for each test.

Tests marked `together` run side by side with the others of their module: each has a repository of its own, and most of
what they do is to wait.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from itertools import count
from pathlib import Path

import pytest

from bot.ledger.ledger import open_ledger
from fixtures.cluster.borrowed import BorrowedCluster
from fixtures.cluster.cluster import Cluster
from fixtures.forge import Forge
from fixtures.world import Granted, World
from tests.handlers.shop import Shop

APART = 12
"""Repositories for tests that make worlds of their own."""
SIDE_BY_SIDE = 6
IDS_APART = 100_000
"""Two forges over one cluster must not give two repositories the same number."""

NewWorld = Callable[..., AbstractContextManager[list[Shop]]]
_RUNNING = pytest.StashKey[dict[str, "Future[None]"]]()


@pytest.fixture(scope="session")
def sharing(request: pytest.FixtureRequest) -> int:
    """How many tests take a repository of the shared world; one process may have to run all of them."""
    here = [item for item in request.session.items if item.path.is_relative_to(Path(__file__).parent)]
    return sum("shop" in item.fixturenames for item in here if isinstance(item, pytest.Function))


@pytest.fixture(scope="session")
def grants(
    cluster: Cluster | BorrowedCluster, sharing: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Granted]:
    """Granted repositories, each to be used once; what `plumbline manifests` says of all of them is applied."""
    begin = cluster.new_namespace()
    pool = [
        Granted(f"{begin}-{number}/shop", (f"{begin}-{number}-staging", f"{begin}-{number}-prod"), f"{begin}-{number}")
        for number in range(sharing + APART)
    ]
    with Forge() as forge:
        World(cluster, forge, tmp_path_factory.mktemp("grants"), others=tuple(pool)).grant()
    return iter(pool)


@pytest.fixture(scope="session")
def new_world(
    cluster: Cluster | BorrowedCluster, grants: Iterator[Granted], tmp_path_factory: pytest.TempPathFactory
) -> NewWorld:
    """Makes worlds: a forge and a bot of their own, with the next so many grants, each as a repository to be."""
    worlds = count(1)

    @contextmanager
    def new(repositories: int, database_url: str = "") -> Iterator[list[Shop]]:
        others = tuple(next(grants) for _ in range(repositories))
        folder = tmp_path_factory.mktemp("world")
        url = database_url or f"sqlite:///{folder}/plumbline.db"
        with Forge() as forge, closing(open_ledger(url)) as ledger:
            for _ in range(next(worlds) * IDS_APART):
                forge.rooms.world.new_id()
            world = World(cluster, forge, folder, others=others, database_url=url)
            world.write_clusters(others)
            try:
                world.start()
                yield [Shop(world, granted, ledger) for granted in others]
            finally:
                world.stop()

    return new


@pytest.fixture(scope="session")
def shared(new_world: NewWorld, sharing: int) -> Iterator[list[Shop]]:
    """The repositories of the world that most tests share, at least one."""
    with new_world(max(sharing, 1)) as opened:
        yield opened


@pytest.fixture(scope="session")
def world(shared: list[Shop]) -> World:
    """The world that most tests share."""
    return shared[0].world


@pytest.fixture(scope="session")
def shops(shared: list[Shop]) -> Iterator[Shop]:
    """Its repositories that no test has taken yet."""
    return iter(shared)


@pytest.fixture
def shop(shops: Iterator[Shop], request: pytest.FixtureRequest) -> Iterator[Shop | None]:
    """A repository of the shared world that is this test's own; afterwards everything said and done was allowed.

    None for a test that is played side by side with others: it gets its own when they are played, here the first time.
    """
    if not _together(request.node):
        found = next(shops)
        yield found
        assert_clean(found)
        return
    running = request.session.stash.setdefault(_RUNNING, {})
    if request.node.nodeid not in running:
        neighbours = [item for item in request.session.items if item.path == request.path and _together(item)]
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            for item in neighbours:
                assert isinstance(item, pytest.Function)
                running[item.nodeid] = pool.submit(_play, item.obj, next(shops))
    yield None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first of a module that is played side by side waits for all of them."""
    for item in filter(_together, items):
        item.add_marker(pytest.mark.timeout(1800))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """A test that was played side by side with its neighbours has its own result."""
    if not _together(pyfuncitem):
        return None
    pyfuncitem.session.stash[_RUNNING][pyfuncitem.nodeid].result()
    return True


def _together(item: pytest.Item) -> bool:
    return item.get_closest_marker("together") is not None


def _play(test: Callable[[Shop], None], shop: Shop) -> None:
    test(shop)
    assert_clean(shop)


def assert_clean(shop: Shop) -> None:
    """The forge met no request that GitHub would not know, and who plans wrote nothing: reviews and dry-runs only."""
    assert shop.world.forge.violations == []
    if shop.world.cluster.audit_log is not None:
        assert [entry for entry in shop.audit("plan") if entry.wrote] == []
