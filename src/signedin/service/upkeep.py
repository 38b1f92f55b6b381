"""The one maintenance thread of a process: watch, flush, sweep, purge.

It starts on first use, so after a fork in the child that needs it, and is joined with a
last flush at shutdown. Nothing that is promised waits for it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from signedin.core.errors import StoreUnavailableError
from signedin.service.clock import Clock

log = logging.getLogger("signedin.upkeep")


@dataclass(slots=True)
class Task:
    """Something to do again and again, every ``interval`` seconds."""

    do: Callable[[], None]
    interval: float
    due: float = field(default=0.0)


class Upkeep:
    """Runs tasks one after the other in a thread of its own."""

    def __init__(self, clock: Clock, tasks: list[Task]) -> None:
        self._clock = clock
        self._tasks = tasks
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self.may_start: Callable[[], bool] = _always

    def ensure_running(self) -> None:
        """Start the thread unless it runs, was stopped for good, or may not start from here."""
        if self._thread is not None or self._stopping.is_set() or not self.may_start():
            return
        with self._starting:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="signedin-upkeep", daemon=True)
                thread.start()
                self._thread = thread

    def stop(self) -> None:
        """End the thread and wait until it has."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def forked(self) -> None:
        """A forked child has no thread yet, whatever its parent had."""
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._thread = None

    def _run(self) -> None:
        for task in self._tasks:
            task.due = self._clock.elapsed() + task.interval
        while True:
            wait = min(task.due for task in self._tasks) - self._clock.elapsed()
            if self._stopping.wait(max(0.0, wait)):
                return
            for task in self._tasks:
                if task.due <= self._clock.elapsed():
                    _run_safely(task)
                    task.due = self._clock.elapsed() + task.interval


def _run_safely(task: Task) -> None:
    try:
        task.do()
    except StoreUnavailableError as error:
        log.warning("upkeep waits for the database: %s", error)
    except Exception:
        log.exception("upkeep task failed; it will be tried again")


def _always() -> bool:
    return True
