"""Sessions as Django's administration lists them, in signedin's own table; no token is here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    _Field = models.UUIDField[UUID, UUID]
else:
    _Field = models.UUIDField


class SessionId(_Field):
    """An id as it stands in the table: 36 characters where the database knows no UUIDs."""

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        found = self.to_python(value)
        return found if connection.features.has_native_uuid_field else found and str(found)


class Session(models.Model):
    """A row of the list, to be found and put in order; what it says, the service tells."""

    id = SessionId(primary_key=True)
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
        return str(self.id)
