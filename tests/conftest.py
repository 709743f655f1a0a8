"""Fixtures for every folder of tests. Importing them starts nothing: a cluster starts when a test first asks for it."""

import pytest

from fixtures.cluster.pytest_cluster import cluster, own_cluster

__all__ = ["cluster", "own_cluster"]

_FIRST = ("handlers", "live")
"""Folders whose files wait most. They begin first, so that no worker is left with a long file when all else is done."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring the order of folders to that; inside a folder nothing moves."""
    items.sort(key=lambda item: next((at for at, name in enumerate(_FIRST) if f"/{name}/" in item.nodeid), len(_FIRST)))
