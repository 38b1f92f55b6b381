from tests.accounts.parts import accounts, acme, ana, hasher, open_accounts, organizations
from tests.databases import clock, open_sessions, sessions
from tests.engines import cluster, url

__all__ = [
    "accounts",
    "acme",
    "ana",
    "clock",
    "cluster",
    "hasher",
    "open_accounts",
    "open_sessions",
    "organizations",
    "sessions",
    "url",
]
