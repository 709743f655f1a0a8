"""Fixtures for every folder of tests. Importing them starts nothing: a cluster starts when a test first asks for it."""

import pytest
from hypothesis import HealthCheck, settings

from fixtures.cluster.pytest_cluster import cluster, own_cluster, pytest_pyfunc_call

__all__ = ["cluster", "own_cluster", "pytest_pyfunc_call"]

_FIRST = ("handlers", "live")
"""Folders whose files wait most. They begin first, so that no worker is left with a long file when all else is done."""

# The same examples on every machine, however slow it is: what a run says depends on the sources alone. New examples
# are looked for with --hypothesis-profile=explore, as long as somebody cares to; what that finds becomes an @example.
settings.register_profile(
    "fixed",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.register_profile("explore", settings.get_profile("fixed"), derandomize=False, max_examples=1000)
settings.load_profile("fixed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring the order of folders to that; inside a folder nothing moves."""
    items.sort(key=lambda item: next((at for at, name in enumerate(_FIRST) if f"/{name}/" in item.nodeid), len(_FIRST)))
