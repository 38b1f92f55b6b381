"""A project with the list in its own page, behind Django's CSRF check and a strict CSP.

``python -m tests.django.section_site`` makes the database NOTES_DATABASE and ada, and serves
with two workers; further arguments are gunicorn's own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from django.conf import settings

from tests.django.project import configure

if not settings.configured:
    configure(
        f"sqlite:///{os.environ['NOTES_DATABASE']}",
        ROOT_URLCONF="tests.django.section_site",
        ALLOWED_HOSTS=["127.0.0.1"],
        LOGIN_URL="login",
        SIGNEDIN={"SITE": "Notes", "SECTION": "settings", "ACCENT": "#e0a800"},
        MIDDLEWARE=[
            "tests.django.section_site.strict",
            "signedin.django.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
    )

from django.contrib.auth import login
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template import RequestContext, Template
from django.urls import include, path

NAME = "tests.django.section_site"
SERVER = ["gunicorn", "--workers", "2", "--threads", "4"]
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'"
)
FRAME = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>Notes</title><body><main>%s</main></body>
</html>"""
LOG_IN = """<h1>Who are you?</h1><form method="post">{% csrf_token %}
<label>Username <input name="username"></label> <button>Enter</button></form>"""
SETTINGS = "{% load signedin %}<h1>Settings of {{ user.username }}</h1>{% signedin_section %}"


def _page(request: HttpRequest, text: str) -> HttpResponse:
    return HttpResponse(Template(FRAME % text).render(RequestContext(request)))


def log_in(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, LOG_IN)
    login(request, User.objects.get(username=request.POST["username"]))
    return redirect("settings")


def settings_page(request: HttpRequest) -> HttpResponse:
    return _page(request, SETTINGS) if request.user.is_authenticated else redirect("login")


def strict(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """A middleware: a page may load and ask nothing but what is the project's own."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", CSP)
        return response

    return answer


urlpatterns = [
    path("login", log_in, name="login"),
    path("settings", settings_page, name="settings"),
    path("account/", include("signedin.django.urls")),
]
application = get_wsgi_application()

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    User.objects.create_user("ada")
    os.execv(sys.executable, [sys.executable, "-m", *SERVER, *sys.argv[1:], NAME])
