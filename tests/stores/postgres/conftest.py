from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from signedin.wiring import Sessions
from tests.cluster import Cluster
from tests.databases import Open, clock, open_sessions, sessions
from tests.engines import cluster, own_cluster
from tests.proxy import Proxy, proxy_before

__all__ = ["clock", "cluster", "open_sessions", "own_cluster", "sessions"]


@pytest.fixture
def url(cluster: Cluster) -> str:
    return cluster.emptied()


@pytest.fixture
def proxy(cluster: Cluster) -> Iterator[Proxy]:
    with proxy_before(cluster.folder) as running:
        yield running


@pytest.fixture
def there(url: str, cluster: Cluster, proxy: Proxy, open_sessions: Open) -> Sessions:
    """A node that hears of changes through a proxy."""
    behind = url.replace(cluster.folder.name, proxy.folder.name)
    assert behind != url
    return open_sessions(feed=behind)


@pytest.fixture
def in_background() -> Iterator[Callable[..., Future[Any]]]:
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit
