from tests.cli.calls import call, parts
from tests.engines import cluster, own_cluster

__all__ = ["call", "cluster", "own_cluster", "parts"]
