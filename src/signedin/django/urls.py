"""The page "Active sessions" and its API: ``path("account/", include("signedin.django.urls"))``."""

from __future__ import annotations

from django.urls import path, re_path

from signedin.django.views import pages

app_name = "signedin"
urlpatterns = [
    path("settings/account", pages, {"below": "settings/account"}, name="page"),
    re_path(
        r"^(?P<below>"
        r"settings|settings/account/.+|logout|help/sessions|api/docs|api/v1/.+"
        r"|static/[0-9a-f]{16}/[^/]+)$",
        pages,
    ),
]
