"""Django: nothing, its own ways to keep sessions, allauth's list of them, ours; PEER says which."""

from __future__ import annotations

import os
from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

PEER = os.environ["PEER"]
ENGINES = {name: name for name in ("signed_cookies", "cached_db", "db")} | {"allauth": "db"}
WITH_LIST = PEER == "allauth"
OURS = PEER == "signedin"
KEEPS = OURS or PEER in ENGINES
_url = urlsplit(os.environ["DATABASE"])
_query = parse_qs(_url.query)

_apps, _middleware = [], []
if PEER in ENGINES:
    _apps.append("django.contrib.sessions")
    _middleware.append("django.contrib.sessions.middleware.SessionMiddleware")
if WITH_LIST:
    _apps += ["django.contrib.contenttypes", "django.contrib.auth", "allauth.usersessions"]
    _middleware += [
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "allauth.usersessions.middleware.UserSessionsMiddleware",
    ]
if OURS:
    _apps += ["django.contrib.contenttypes", "django.contrib.auth", "signedin.django"]
    _middleware.append("signedin.django.middleware.SessionMiddleware")
_database = {"ENGINE": "django.db.backends.sqlite3", "NAME": _url.path.removeprefix("/")}
if _url.scheme == "postgresql":
    _database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _url.path[1:],
        "HOST": _query["host"][0],
        "USER": _query["user"][0],
    }
settings.configure(
    SECRET_KEY="k" * 50,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=_apps,
    MIDDLEWARE=_middleware,
    SESSION_ENGINE=(
        "signedin.django" if OURS else f"django.contrib.sessions.backends.{ENGINES.get(PEER, 'db')}"
    ),
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    DATABASES={"default": _database | {"CONN_MAX_AGE": None}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USERSESSIONS_TRACK_ACTIVITY=True,
    USE_TZ=True,
)
django.setup()


def get(request: HttpRequest) -> HttpResponse:
    if WITH_LIST:
        user = request.user.username or "nobody"
    else:
        user = request.session.get("user", "nobody") if KEEPS else "42"
    return HttpResponse(user, headers={"Content-Length": str(len(user))})


def enter(request: HttpRequest) -> HttpResponse:
    name = request.GET["user"]
    if WITH_LIST or OURS:  # whose lists have the sessions of people
        from django.contrib.auth import get_user_model, login

        user, _ = get_user_model().objects.get_or_create(username=name)
        login(request, user)
    if not WITH_LIST:
        request.session["user"] = name
    return HttpResponse("in")


def leave(request: HttpRequest) -> HttpResponse:
    if WITH_LIST:
        from allauth.usersessions.models import UserSession

        for session in UserSession.objects.filter(session_key=request.session.session_key):
            session.end()
    else:
        request.session.flush()
    return HttpResponse("out")


urlpatterns = [path("", get), path("login", enter), path("logout", leave)]
if KEEPS:
    call_command("migrate", verbosity=0)
    from django.db import connection

    connection.close()
application = get_wsgi_application()
