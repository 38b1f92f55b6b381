"""The parts that the commands and the server work with, put together from the settings."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signedin.accounts.accounts import Accounts
from signedin.accounts.organizations import Organizations
from signedin.accounts.passwords import PasswordHasher
from signedin.cli.settings import Settings, load_settings
from signedin.core.permission import Actor
from signedin.stores.accounts import SqlAccounts
from signedin.stores.organizations import SqlOrganizations
from signedin.wiring import Sessions

if TYPE_CHECKING:
    from signedin.service.clock import Clock
    from signedin.service.ports import PlaceReader

OPERATOR = Actor.admin("cli")  # whoever can read the database file may do everything


@dataclass(frozen=True, slots=True)
class Parts:
    """What one database holds: its sessions, its accounts and their organizations."""

    sessions: Sessions
    accounts: Accounts
    organizations: Organizations


def put_together(
    settings: Settings, places: PlaceReader | None = None, clock: Clock | None = None
) -> Parts:
    """What the settings' database holds; nothing is opened yet."""
    sessions = Sessions(
        settings.database,
        feed=settings.feed,
        policy=settings.policy,
        places=places,
        clock=clock,
        retention=settings.retention,
        remember_browsers=settings.remember_browsers,
    )
    accounts = Accounts(SqlAccounts(sessions.store), sessions, PasswordHasher(), sessions.clock)
    organizations = Organizations(SqlOrganizations(sessions.store), sessions, sessions.clock)
    return Parts(sessions, accounts, organizations)


def settings_of(args: argparse.Namespace) -> Settings:
    """The settings, with what was given on the command line."""
    options = {"database": args.database}
    options |= {name: getattr(args, name, None) for name in ("host", "port", "workers")}
    return load_settings(config=args.config, options=options)


@contextmanager
def opened(args: argparse.Namespace) -> Iterator[Parts]:
    """The parts for one command; the database is let go of afterwards."""
    parts = put_together(settings_of(args))
    try:
        yield parts
    finally:
        parts.sessions.close()
