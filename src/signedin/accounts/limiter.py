"""Refuses logins that come too often after failures; see `attempts.py` for the rule."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from signedin.accounts.attempts import (
    KEPT,
    Subject,
    of_account,
    of_browser,
    of_source,
    one_more,
    wait,
)
from signedin.accounts.errors import TooManyAttemptsError
from signedin.accounts.ports import AccountChanges, AccountReads
from signedin.core.token import device_key

log = logging.getLogger(__name__)


def subjects_of_login(
    accounts: AccountReads,
    *,
    email: str,
    user_id: str | None,
    source: str | None,
    device_token: str | None,
) -> list[Subject]:
    """For whom a failure of this login counts.

    In a browser that the person has used before, failures count for that browser alone:
    whoever fails elsewhere cannot lock it out.
    """
    key = device_key(device_token)
    # Asked for accounts that don't exist, too: the same work for each (L-01).
    if key is not None and accounts.knows_browser(user_id or "", key) and user_id is not None:
        return [of_browser(user_id, key)]
    subjects = [of_account(email)]
    if source is not None:
        subjects.append(of_source(source))
    return subjects


def refuse_too_many(
    accounts: AccountReads,
    subjects: Sequence[Subject],
    now: datetime,
    *,
    source: str | None = None,
) -> None:
    """Let a try be made only if none of its subjects has to wait.

    Asked before the password is checked, to spare the work, and again in the transaction
    that writes the result: of many tries at once, only as many as are allowed learn theirs.

    Raises:
        TooManyAttemptsError: With the longest wait.
    """
    waits = [wait(accounts.failures(subject.key), subject, now) for subject in subjects]
    longest = max(waits, default=timedelta(0))
    if longest > timedelta(0):
        seconds = round(longest.total_seconds())
        log.warning(
            "login refused: too many tries", extra={"address": source, "wait_seconds": seconds}
        )
        raise TooManyAttemptsError(longest)


def note_failure(accounts: AccountChanges, subjects: Sequence[Subject], now: datetime) -> None:
    """Count a failure for each subject, and forget counts that mean nothing any more."""
    accounts.purge_failures(before=now - KEPT)
    for subject in subjects:
        accounts.store_failures(subject.key, one_more(accounts.failures(subject.key), subject, now))
