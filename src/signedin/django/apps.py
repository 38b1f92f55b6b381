"""The Django app: what is connected once the project is ready."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in
from django.core.checks import Tags, register
from django.core.signals import setting_changed
from django.db.models.signals import post_save
from django.utils.translation import gettext_lazy

# Which the service is made from.
SETTINGS = {"SIGNEDIN", "DATABASES", "SESSION_COOKIE_AGE"}


class SignedInConfig(AppConfig):
    """``signedin.django`` in INSTALLED_APPS."""

    name = "signedin.django"
    label = "signedin"
    verbose_name = gettext_lazy("Active sessions")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from signedin.django.checks import check_settings
        from signedin.django.signals import changed_password, logged_in

        register(check_settings, Tags.security)
        user_logged_in.connect(logged_in, dispatch_uid="signedin")
        post_save.connect(changed_password, sender=get_user_model(), dispatch_uid="signedin")
        setting_changed.connect(_setting_changed, dispatch_uid="signedin")


def _setting_changed(*, setting: str, **_: Any) -> None:
    from signedin.django.service import begin_anew

    if setting in SETTINGS:
        begin_anew()
