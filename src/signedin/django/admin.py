"""The live sessions of everybody in Django's administration: to be looked at, and terminated."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.models import PermissionsMixin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, ngettext

from signedin.core.errors import SessionNotFoundError
from signedin.core.permission import Actor
from signedin.core.place import label
from signedin.core.session import Session as Known
from signedin.django.models import Session
from signedin.django.service import sessions

if TYPE_CHECKING:
    _Admin = admin.ModelAdmin[Session]
else:
    _Admin = admin.ModelAdmin


@admin.register(Session)
class SessionAdmin(_Admin):
    list_display = ("person", "device", "place", "last_used", "logged_in")
    list_display_links = None
    list_per_page = 50
    ordering = ("-last_used_at",)
    search_fields = ("=user_id",)
    actions = ("terminate",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        sessions().flush_if_possible()
        everybodys = Session.objects.using(sessions().configuration.database)
        return everybodys.filter(ended_at=None, user_id__isnull=False)

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_terminate_permission(self, request: HttpRequest) -> bool:
        """Who may end other people's sessions."""
        user = request.user
        return isinstance(user, PermissionsMixin) and user.has_perm("signedin.terminate_session")

    @admin.action(
        description=gettext_lazy("Terminate the selected sessions"), permissions=["terminate"]
    )
    def terminate(self, request: HttpRequest, chosen: QuerySet[Session]) -> None:
        by, ended = Actor.admin(request.user.get_username()), 0
        for session in chosen:
            ended += sessions().terminate(str(session.id), user_id=None, by=by).ended
        text = ngettext("%d session was terminated.", "%d sessions were terminated.", ended)
        messages.success(request, text % ended)

    @admin.display(description=gettext_lazy("user"), ordering="user_id")
    def person(self, row: Session) -> str:
        user = get_user_model()._default_manager.filter(pk=row.user_id).first()
        return str(row.user_id) if user is None else user.get_username()

    @admin.display(description=gettext_lazy("device"))
    def device(self, row: Session) -> str:
        known = _known(row)
        return "" if known is None else known.name or sessions().describe(known).label

    @admin.display(description=gettext_lazy("location"))
    def place(self, row: Session) -> str:
        known = _known(row)
        if known is None:
            return ""
        seen = known.last_seen_from
        return f"{label(seen.place)} ({seen.ip_address or '–'})"

    @admin.display(description=gettext_lazy("last used"), ordering="last_used_at")
    def last_used(self, row: Session) -> datetime:
        return datetime.fromtimestamp(row.last_used_at / 1_000_000, UTC)

    @admin.display(description=gettext_lazy("logged in"))
    def logged_in(self, row: Session) -> datetime | None:
        known = _known(row)
        return None if known is None else known.authenticated_at


def _known(row: Session) -> Known | None:
    try:
        return sessions().find(str(row.id))
    except SessionNotFoundError:  # it has just been deleted
        return None
