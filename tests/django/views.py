"""The views of the project under test: what an ordinary app does with sessions."""

from __future__ import annotations

from django.contrib import admin, auth
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import RequestContext, Template
from django.urls import include, path

from signedin.core.errors import CapReachedError


def log_in(request: HttpRequest) -> HttpResponse:
    user = auth.authenticate(
        request, username=request.POST["username"], password=request.POST["password"]
    )
    if user is None:
        return HttpResponse(status=401)
    try:
        auth.login(request, user)
    except CapReachedError as full:
        if "catch" not in request.POST:
            raise
        return HttpResponse(f"{full.most} at most; {request.user}")
    if "minutes" in request.POST:
        request.session.set_expiry(60 * int(request.POST["minutes"]))
    return HttpResponse("logged in")


def log_out(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    return HttpResponse("logged out")


def who(request: HttpRequest) -> HttpResponse:
    user = request.user
    return HttpResponse(user.get_username() if user.is_authenticated else "nobody")


async def who_async(request: HttpRequest) -> HttpResponse:
    user = await request.auser()
    return HttpResponse(user.get_username() if user.is_authenticated else "nobody")


@transaction.atomic
def who_inside(request: HttpRequest) -> HttpResponse:
    return who(request)


def data(request: HttpRequest) -> HttpResponse:
    """What the session keeps, after what is asked for was put into it."""
    for key, value in request.GET.items():
        request.session[key] = value
    return JsonResponse(dict(request.session.items()))


def change_password(request: HttpRequest) -> HttpResponse:
    user = get_user_model().objects.get(pk=request.user.pk)
    assert isinstance(user, User)
    user.set_password(request.POST["password"])
    user.save()
    auth.update_session_auth_hash(request, user)
    after_change()
    return HttpResponse("changed")


def after_change() -> None:
    """What a test replaces by something that breaks."""


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse("nothing of the session is asked for")


SETTINGS = """{% load signedin %}<!doctype html><html lang="en">
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>Settings</title><h1>Settings of {{ user.username }}</h1>{% signedin_section %}</html>"""


def settings_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(Template(SETTINGS).render(RequestContext(request)))


@transaction.atomic
def log_in_at_settings(request: HttpRequest) -> HttpResponse:
    auth.login(request, get_user_model().objects.get(username=request.GET["username"]))
    return settings_page(request)


urlpatterns = [
    path("login", log_in),
    path("logout", log_out),
    path("who", who),
    path("who-async", who_async),
    path("who-inside", who_inside),
    path("data", data),
    path("password", change_password),
    path("plain", plain),
    path("settings", settings_page, name="settings"),
    path("log-in-at-settings", log_in_at_settings),
    path("account/", include("signedin.django.urls")),
    path("admin/", admin.site.urls),
]
