from tests.accounts.parts import accounts, hasher, open_accounts, organizations
from tests.databases import clock, open_sessions, sessions
from tests.engines import cluster, url

__all__ = [
    "accounts",
    "clock",
    "cluster",
    "hasher",
    "open_accounts",
    "open_sessions",
    "organizations",
    "sessions",
    "url",
]
