"""A Django project in the test's process, on a database of each engine; no test runner of Django.

So sessions are on connections of their own, and memory is trusted, as on a server.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.django.project import configure, databases
from tests.engines import cluster

__all__ = ["cluster"]

if not settings.configured:
    configure(
        "sqlite:///not-used.db",
        ROOT_URLCONF="tests.django.views",
        ALLOWED_HOSTS=["*"],
        LOGGING_CONFIG=None,
        LOGIN_URL="/login",
    )

from django.core.management import call_command
from django.db import connections

from signedin.django.service import DjangoSessions, begin_anew, sessions

_migrated: set[str] = set()


def use_database(alias: str, words: dict[str, Any]) -> None:
    """Let an alias name another database from now on."""
    if alias in connections.settings:
        connections[alias].close()
        del connections[alias]
    connections.settings[alias] = connections.configure_settings(
        {"default": words} if alias == "default" else {"default": {}, alias: words}
    )[alias]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with the tables of the project, to be copied."""
    path = tmp_path_factory.mktemp("django") / "migrated.db"
    use_database("default", databases(f"sqlite:///{path}"))
    call_command("migrate", verbosity=0)
    connections["default"].close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("migrated"), tmp_path / "project.db")
        return f"sqlite:///{tmp_path}/project.db"
    made: str = request.getfixturevalue("cluster").emptied()
    return made


@pytest.fixture
def project(url: str) -> Iterator[str]:
    """The project on an empty database; its URL."""
    from django.contrib.auth import get_user_model

    use_database("default", databases(url))
    if url.startswith("postgresql"):
        if url not in _migrated:
            call_command("migrate", verbosity=0)
            _migrated.add(url)
        get_user_model().objects.all().delete()
    begin_anew()
    yield url
    begin_anew()
    connections["default"].close()


@pytest.fixture
def kept(project: str) -> DjangoSessions:
    """The sessions of this process."""
    return sessions()
