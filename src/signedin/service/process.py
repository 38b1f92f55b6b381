"""What a process does to its services: a forked child begins anew, and an exit closes them.

What must not be open while a process forks is told before, and after.
"""

from __future__ import annotations

import atexit
import os
import weakref
from typing import Protocol


class Service(Protocol):
    """Something that holds threads, connections and memory."""

    def forked(self) -> None: ...

    def close(self) -> None: ...


class Unforkable(Protocol):
    """Something that a child must not inherit while it is open."""

    def before_fork(self) -> None: ...

    def after_fork(self) -> None: ...


_services: weakref.WeakSet[Service] = weakref.WeakSet()
_unforkable: weakref.WeakSet[Unforkable] = weakref.WeakSet()


def look_after(service: Service) -> None:
    """Tell a service of forks, and close it at the end of the process."""
    _services.add(service)


def stand_still_for_forks(unforkable: Unforkable) -> None:
    """Tell it before each fork, and afterwards in the process that goes on."""
    _unforkable.add(unforkable)


def _before_fork() -> None:
    for unforkable in list(_unforkable):
        unforkable.before_fork()


def _after_fork() -> None:
    for unforkable in list(_unforkable):
        unforkable.after_fork()


def _forked() -> None:
    for service in list(_services):
        service.forked()


def _close_all() -> None:
    for service in list(_services):
        service.close()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork)
    os.register_at_fork(after_in_child=_forked)
