from tests.databases import clock, open_sessions, sessions
from tests.engines import cluster, url

__all__ = ["clock", "cluster", "open_sessions", "sessions", "url"]
