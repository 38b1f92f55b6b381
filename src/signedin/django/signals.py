"""What signedin does when Django says that somebody logged in or has a new password."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest

from signedin.core.errors import SignedInError
from signedin.core.permission import Actor
from signedin.core.session import EndedReason
from signedin.django.engine import SessionStore
from signedin.django.middleware import current, visit_of
from signedin.django.service import sessions


def logged_in(*, request: HttpRequest | None, **_: Any) -> None:
    """Start the session within ``login()``, so that whoever called it hears what goes wrong."""
    session = getattr(request, "session", None)
    if request is None or not isinstance(session, SessionStore):
        return
    if session.visit is None:  # Django's own middleware says nothing of the client
        session.visit = visit_of(request)
    try:
        session.start()
    except SignedInError:
        request.user = AnonymousUser()
        raise


def changed_password(*, instance: AbstractBaseUser, created: bool, **_: Any) -> None:
    """End all other sessions of a person whose password was changed.

    The one in which it was changed stays, for ``update_session_auth_hash()`` to renew.
    """
    if created or getattr(instance, "_password", None) is None:
        return
    user_id = str(instance.pk)
    store = current.get()
    session = None if store is None else store.row()
    keep, by = None, Actor.system()
    if session is not None and session.user_id == user_id:
        keep, by = session.id, Actor.user(session.id)
    elif session is not None and session.user_id is not None:
        by = Actor.admin(session.user_id)
    sessions().terminate_all(user_id, keep=keep, by=by, reason=EndedReason.PASSWORD_CHANGED)
