from tests.accounts.parts import accounts, hasher, open_accounts, organizations
from tests.databases import clock, database, open_sessions, sessions

__all__ = [
    "accounts",
    "clock",
    "database",
    "hasher",
    "open_accounts",
    "open_sessions",
    "organizations",
    "sessions",
]
