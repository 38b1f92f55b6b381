from tests.databases import clock, database, open_sessions, sessions

__all__ = ["clock", "database", "open_sessions", "sessions"]
