"""The same authenticated GET in Django, with the session engine that BENCH_APP names.

``python -m benchmarks.django_site`` makes the database that BENCH_DATABASE names, logs people
in, and prints their cookies; ``application()`` serves them.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

ENGINES = {
    "db": "django.contrib.sessions.backends.db",
    "cached_db": "django.contrib.sessions.backends.cached_db",
    "signedin": "signedin.django",
}


def _who(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.user.get_username())


urlpatterns = [path("", _who)]


def configure() -> None:
    """Settings as a project has them; both write-ahead and connections that stay."""
    engine = ENGINES[os.environ["BENCH_APP"].split(": ")[1]]
    sessions = engine if engine == "signedin.django" else "django.contrib.sessions"
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": os.environ["BENCH_DATABASE"],
                "CONN_MAX_AGE": None,
                "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL"},
            }
        },
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", sessions],
        MIDDLEWARE=[
            f"{sessions}.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        ROOT_URLCONF=__name__,
        SECRET_KEY="k" * 50,
        SESSION_COOKIE_NAME="sid",
        SESSION_ENGINE=engine,
    )
    django.setup()


def application() -> Any:
    sys.modules.setdefault("benchmarks.django_site", sys.modules[__name__])
    configure()
    return get_wsgi_application()


def _cookies(people: int) -> list[str]:
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    made = []
    for number in range(people):
        client = Client()
        client.force_login(User.objects.create_user(str(number)))
        made.append(client.cookies["sid"].value)
    return made


if __name__ == "__main__":
    configure()
    print("\n".join(_cookies(int(sys.argv[1]))))
