"""Fixtures for every folder of tests. Importing them starts nothing: a cluster starts when a test first asks for it."""

from fixtures.cluster.pytest_cluster import cluster, own_cluster

__all__ = ["cluster", "own_cluster"]
