"""Only the JSON API: ``path("account/", include("signedin.django.api_urls"))``."""

from __future__ import annotations

from django.urls import re_path

from signedin.django.views import pages

app_name = "signedin"
urlpatterns = [re_path(r"^(?P<below>api/v1/.+)$", pages, name="api")]
