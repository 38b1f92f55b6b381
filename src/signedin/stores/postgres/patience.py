"""A connection that breaks when the server does not answer in time.

A network that is gone is noticed by the system (`tcp_user_timeout`, keepalives), but a server
that is stopped, or hangs, still answers those. Only who waits for its answer can stop waiting.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import psycopg
from psycopg import errors, generators, pq
from psycopg.waiting import Ready


class NoAnswerError(psycopg.OperationalError):
    """The server took longer than was to be waited; what it did, if anything, is not known."""


class PatientConnection(psycopg.Connection[tuple[Any, ...]]):
    """As psycopg's own, but each answer is waited for so long, and no longer."""

    patience: float | None = None  # seconds; None: however long it takes

    def say(self, statements: bytes) -> list[pq.abc.PGresult]:
        """Run statements as they stand: without a cursor it takes half the processor's time.

        Raises:
            psycopg.Error: PostgreSQL's own, of the one that failed.
        """
        self.pgconn.send_query(statements)
        results: list[pq.abc.PGresult] = self.wait(generators.execute(self.pgconn))
        if results[-1].status == pq.ExecStatus.FATAL_ERROR:
            raise errors.error_from_result(results[-1], self.info.encoding)
        return results

    def wait(self, gen: Generator[Any, Any, Any], *args: Any, **kwargs: Any) -> Any:
        """Wait for an answer.

        Raises:
            NoAnswerError: There was none in time; the connection is broken from then on.
        """
        if self.patience is None:
            return super().wait(gen, *args, **kwargs)
        try:
            return super().wait(_until(time.monotonic() + self.patience, gen), *args, **kwargs)
        except NoAnswerError:
            self.pgconn.finish()
            raise


def _until(limit: float, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """The same, but when nothing has come once the time is over; psycopg looks ten times a second.

    Raises:
        NoAnswerError: Nothing has come.
    """
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if ready == Ready.NONE and time.monotonic() >= limit:
                raise NoAnswerError("it does not answer")
            wanted = gen.send(ready)
    except StopIteration as done:
        return done.value
