from tests.engines import cluster, url

__all__ = ["cluster", "url"]
