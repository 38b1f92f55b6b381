import pytest

from tests.cluster import Cluster
from tests.databases import clock, open_sessions, sessions
from tests.engines import cluster, own_cluster

__all__ = ["clock", "cluster", "open_sessions", "own_cluster", "sessions"]


@pytest.fixture
def url(cluster: Cluster) -> str:
    return cluster.emptied()
