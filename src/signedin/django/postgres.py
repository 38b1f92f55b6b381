"""How to reach the PostgreSQL database of an alias on connections of our own."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo


def connection_string(connection: BaseDatabaseWrapper) -> str:
    """What libpq has to know to connect as Django does."""
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    wanted: dict[str, Any] = connection.get_connection_params()
    options = {name: value for name, value in wanted.items() if name in known}
    role = connection.settings_dict["OPTIONS"].get("assume_role")
    if role:
        escaped = role.replace("\\", "\\\\").replace(" ", "\\ ")
        options["options"] = f"{options.get('options', '')} -c role={escaped}".strip()
    return make_conninfo(**options)
