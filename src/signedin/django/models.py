"""Sessions as Django's administration lists them, in signedin's own table; no token is here."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy


class Session(models.Model):
    """A row of the list, to be found and put in order; what it says, the service tells."""

    id: models.CharField[str, str] = models.CharField(primary_key=True, max_length=36)
    user_id: models.TextField[str | None, str | None] = models.TextField(
        gettext_lazy("user"), null=True
    )
    last_used_at: models.BigIntegerField[int, int] = models.BigIntegerField(
        gettext_lazy("last used")
    )
    ended_at: models.BigIntegerField[int | None, int | None] = models.BigIntegerField(null=True)

    class Meta:
        managed = False
        db_table = "signedin_sessions"
        default_permissions = ("view",)
        permissions: ClassVar = [("terminate_session", "Can terminate session")]
        verbose_name = gettext_lazy("session")
        verbose_name_plural = gettext_lazy("active sessions")

    def __str__(self) -> str:
        return self.id
