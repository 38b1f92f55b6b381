from tests.databases import clock, database, open_sessions, sessions, url

__all__ = ["clock", "database", "open_sessions", "sessions", "url"]
