"""Checks of what is in the database, and of how it is kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from signedin.cli.doctor.verdict import Verdict, counted, fail, length, ok, warn
from signedin.core.policy import Policy
from signedin.service.clock import Clock
from signedin.service.policy_reader import PolicyReader
from signedin.service.sweep import Retention
from signedin.stores.rows import session_from, to_time
from signedin.stores.sqlite.diagnosis import Diagnosis, Word, newest_version

LONGEST_LOOK = 10.0  # seconds for the integrity; a large file is for a quiet hour
SET_AHEAD = timedelta(minutes=1)  # more than machines drift and writes take
SWEPT_WITHIN = timedelta(hours=2)  # a million sessions are gone through in less
PURGED_WITHIN = timedelta(hours=2)


def schema(path: Path, version: int | None) -> Verdict:
    """Whether the tables are those of this version."""
    newest = newest_version()
    if version is None:
        return fail(f"{path} is no database of signedin", "correct the setting `database`")
    if version > newest:
        return fail(
            f"a newer signedin has migrated it to version {version}, this one knows {newest}",
            "update signedin on this machine",
        )
    if version < newest:
        return warn(
            f"version {version} of {newest}",
            "the next start migrates it, as does: signedin migrate",
        )
    return ok(f"version {version}, the newest")


def journal(database: Diagnosis) -> Verdict:
    """Whether readers and a writer can work at the same time."""
    mode = database.journal_mode()
    if mode != "wal":
        return fail(
            f"journal mode {mode}: a reader makes every log-in and terminate wait",
            "stop the server and start it again; it sets WAL, if the file system allows it",
        )
    return ok("journal mode WAL")


def integrity(database: Diagnosis, clock: Clock, longest: float = LONGEST_LOOK) -> Verdict:
    """Whether the file is whole."""
    over = clock.elapsed() + longest
    faults = database.faults(lambda: clock.elapsed() >= over)
    if faults is None:
        return warn(
            f"not all of it was looked at within {length(longest)}",
            f"in a quiet hour: sqlite3 '{database.path}' 'PRAGMA quick_check'",
        )
    if faults:
        return fail(
            f"the file is damaged: {faults[0]}",
            "stop the server, keep the file, and restore the newest backup",
        )
    return ok("the file is whole")


def change_word(word: Word | None) -> Verdict:
    """Whether processes learn of each other's changes by memory alone."""
    if word is None:
        return warn(
            "there is no word file: no server has run here, or somebody removed it",
            "if a server runs, restart it: until then it reads the database each time",
        )
    if not word.same_database:
        return fail(
            "the word file belongs to another database",
            "restart the server, which makes it anew; never copy a -word file",
        )
    if word.position > word.newest and word.same_boot:
        return warn(
            f"the word is ahead ({word.position}, the database is at {word.newest}): a writer "
            "was stopped half-way",
            "nothing: a running server repairs it within a second, and trusts no memory until then",
        )
    if word.position < word.newest and word.same_boot:
        return warn(
            f"the word is behind ({word.position}, the database is at {word.newest}): something "
            "else than signedin has written",
            "nothing: a running server notices within a second; write with signedin only",
        )
    return ok(f"in place, at change {word.position}")


def one_machine(word: Word | None, started: datetime | None) -> Verdict:
    """Whether nobody else writes to the same file.

    The word file names the start of the machine that opened it last. Another one's is from
    before this machine was started, or from another machine.
    """
    if word is None or word.same_boot:
        return ok("no other machine has opened it since this one")
    if started is not None and word.changed_at <= started.timestamp():
        return ok("opened last before this machine was started")
    return fail(
        "the word file is from another machine: two machines may share this database",
        "run signedin on one machine only, and restart it there; memory is not trusted until then",
    )


def times(database: Diagnosis, now: datetime) -> Verdict:
    """Whether the clock is right, as far as the rows tell."""
    newest = [to_time(number) for number in database.rows("newest_times")[0] if number is not None]
    ahead = max(newest, default=now) - now
    if ahead > SET_AHEAD:
        return fail(
            f"something is from the future, by {length(ahead.total_seconds())}: the clock is "
            "wrong, or was",
            "set the clock (timedatectl); sessions from the future last too long, so end them: "
            "signedin sessions list",
        )
    return ok("nothing is from the future")


def counts(database: Diagnosis) -> Verdict:
    """How many sessions there are."""
    ((live, ended),) = database.rows("count_sessions")
    return ok(f"{live:,} live, {ended:,} ended")


def sweep(database: Diagnosis, settings: Policy, now: datetime) -> Verdict:
    """Whether the ends that limits brought are written; checks never wait for that."""
    policies = PolicyReader(database, settings, now)
    first = [session_from(row) for row in database.rows("next_to_pass_a_limit")]
    passed = [
        end.at for session in first if (end := session.passed_limit(policies.of(session), now))
    ]
    late = now - min(passed, default=now)
    if late > SWEPT_WITHIN:
        return warn(
            f"a session has been past its limit for {length(late.total_seconds())}; it opens "
            "nothing, but is not in the history yet",
            "start the server, or look in its log for what keeps it from writing",
        )
    return ok("every end by a limit is written")


def purge(database: Diagnosis, kept: Retention, now: datetime) -> Verdict:
    """Whether what is kept too long is deleted (security.md, V-04)."""
    ((ended, address, address_of_event, event),) = database.rows("oldest_kept")
    for first, what, setting, longest in (
        (ended, "ended sessions", "history", kept.history),
        (address, "addresses of ended sessions", "addresses", kept.addresses),
        (address_of_event, "addresses of failed log-ins", "addresses", kept.addresses),
        (event, "events", "events", kept.events),
    ):
        late = timedelta(0) if first is None else now - to_time(first) - longest
        if late > PURGED_WITHIN:
            return warn(
                f"{what} are kept {length(late.total_seconds())} longer than the setting "
                f"`{setting}` ({length(longest.total_seconds())}) says",
                "start the server, or look in its log for what keeps it from deleting",
            )
    told = [
        f"{what} {length(longest.total_seconds())}"
        for what, longest in (
            ("ended sessions", kept.history),
            ("addresses", kept.addresses),
            ("events", kept.events),
        )
    ]
    return ok(f"nothing is kept too long: {', '.join(told)}")


def administrator(database: Diagnosis) -> Verdict:
    """Whether somebody can log in who may do everything."""
    ((users, administrators),) = database.rows("count_users")
    if not users:
        return warn(
            "there is no account yet",
            "open the link that the server prints at its start, or: signedin users add EMAIL "
            "--admin",
        )
    if not administrators:
        return warn("no account is an administrator's", "signedin users add EMAIL --admin")
    return ok(f"{counted(users, 'account')}, of these {counted(administrators, 'administrator')}")
