"""What a process does to its services: a forked child begins anew, and an exit closes them."""

from __future__ import annotations

import atexit
import os
import weakref
from typing import Protocol


class Service(Protocol):
    """Something that holds threads, connections and memory."""

    def forked(self) -> None: ...

    def close(self) -> None: ...


_services: weakref.WeakSet[Service] = weakref.WeakSet()


def look_after(service: Service) -> None:
    """Tell a service of forks, and close it at the end of the process."""
    _services.add(service)


def _forked() -> None:
    for service in list(_services):
        service.forked()


def _close_all() -> None:
    for service in list(_services):
        service.close()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
