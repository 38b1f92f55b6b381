"""Deleting what is kept no longer, a little at a time; the same on every engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager

from signedin.service.ports import Horizons
from signedin.stores.reads import SqlReads
from signedin.stores.rows import to_number
from signedin.stores.transaction import SqlTransaction

PURGED_AT_ONCE = 100  # rows; more would hold the write lock too long (performance.md 5)
PURGES_AT_ONCE = 20  # of these; the flush waits for them, so the rest is for the next time

Look = Callable[[], AbstractContextManager[SqlReads]]
Begin = Callable[[], AbstractContextManager[SqlTransaction]]


def purge(reading: Look, transaction: Begin, before: Horizons) -> None:
    """Delete what is older than its horizon, and what only that had, in short transactions."""
    for statement, horizon in (
        ("purge_ended", before.ended),
        ("purge_visitors", before.visitors),
        ("purge_former_tokens", before.former_tokens),
        ("purge_events", before.events),
        ("purge_spent_cookies", before.spent_cookies),
        ("drop_addresses_of_ended", before.addresses),
        ("drop_addresses_of_events", before.addresses),
    ):
        _purge(transaction, statement, before=to_number(horizon))
    _purge_unused(reading, transaction)


def _purge(begin: Begin, statement: str, *, before: int) -> None:
    for _ in range(PURGES_AT_ONCE):
        with begin() as transaction:
            changed = transaction.run(statement, before=before, limit=PURGED_AT_ONCE)
        if changed < PURGED_AT_ONCE:
            return


def _purge_unused(look: Look, begin: Begin) -> None:
    """Search without the lock for what no session has any more, and look again with it."""
    with look() as reads:
        unused = {
            kind: reads.rows(f"unused_{kind}", limit=PURGED_AT_ONCE * PURGES_AT_ONCE)
            for kind in ("clients", "places")
        }
    for kind, rows in unused.items():
        numbers = [seq for (seq,) in rows]
        for first in range(0, len(numbers), PURGED_AT_ONCE):
            some = json.dumps(numbers[first : first + PURGED_AT_ONCE])
            with begin() as transaction:
                transaction.run(f"purge_{kind}", list=some)
