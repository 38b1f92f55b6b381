"""A Django project in this process: settings for tests, and Django's own runner."""

from __future__ import annotations

import sys
import unittest
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.test.utils import get_runner
from psycopg.conninfo import conninfo_to_dict


def databases(url: str) -> dict[str, Any]:
    """Django's words for a database URL of ours; ``:memory:`` is one in memory."""
    if url == ":memory:" or url.startswith("sqlite:///"):
        name = url.removeprefix("sqlite:///")
        test = {"NAME": name} if name != ":memory:" else {}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "TEST": test}
    parts = conninfo_to_dict(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts["dbname"],
        "USER": parts["user"],
        "HOST": parts["host"],
    }


def configure(url: str, *, extra_apps: list[str] | None = None, **more: Any) -> None:
    """Set Django up in this process, once."""
    tests = more.pop("tests", None)
    if tests is not None:
        sys.path.insert(0, tests)
    settings.configure(
        **{
            "SECRET_KEY": "for tests",
            "DATABASES": {"default": databases(url)},
            "INSTALLED_APPS": [
                "django.contrib.contenttypes",
                "django.contrib.auth",
                "django.contrib.sessions",
                "django.contrib.messages",
                "django.contrib.admin",
                "signedin.django",
                *(extra_apps or []),
            ],
            "SESSION_ENGINE": "signedin.django",
            "MIDDLEWARE": [
                "signedin.django.middleware.SessionMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware",
                "django.contrib.messages.middleware.MessageMiddleware",
            ],
            "TEMPLATES": [
                {
                    "BACKEND": "django.template.backends.django.DjangoTemplates",
                    "APP_DIRS": True,
                    "OPTIONS": {
                        "context_processors": [
                            "django.template.context_processors.request",
                            "django.contrib.auth.context_processors.auth",
                            "django.contrib.messages.context_processors.messages",
                        ]
                    },
                }
            ],
            "STATIC_URL": "/static/",
            "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
            "USE_TZ": True,
            **more,
        }
    )
    django.setup()


def run_tests(found: unittest.TestSuite) -> int:
    """Run tests as `manage.py test` does; how many failed."""
    runner = get_runner(settings)(verbosity=1, interactive=False)
    runner.setup_test_environment()
    before = runner.setup_databases()
    try:
        result = runner.run_suite(found)
    finally:
        runner.teardown_databases(before)
        runner.teardown_test_environment()
    return len(result.failures) + len(result.errors)


def run_as_server(found: unittest.TestSuite) -> int:
    """Run tests as requests of a server would come: no transaction, and no runner, around them."""
    call_command("migrate", verbosity=0)
    result = unittest.TextTestRunner().run(found)
    return len(result.failures) + len(result.errors)
