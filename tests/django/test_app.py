"""The app: its checks, its tables, its list in Django's administration."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.core.checks import run_checks
from django.core.management import call_command
from django.test import Client, override_settings

from signedin.django.service import DjangoSessions
from signedin.stores.migrate import migrations
from tests.django.test_engine import browser, who


def problems() -> list[str]:
    return [f"{found.id} {found.msg}" for found in run_checks() if "signedin" in str(found.id)]


def test_a_project_that_is_set_up_right_has_no_problems(project: str) -> None:
    assert problems() == []


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            {"SIGNEDIN": {"POLCY": None}},
            "E001 SIGNEDIN: there is no 'POLCY'; did you mean 'POL",
        ),
        ({"SIGNEDIN": {"DATABASE": "none"}}, "E001 SIGNEDIN: DATABASES has no 'none'"),
        ({"SESSION_ENGINE": "django.contrib.sessions.backends.db"}, "E002 SESSION_ENGINE is"),
        ({"MIDDLEWARE": []}, "W003 Without its middleware"),
        ({"SESSION_SERIALIZER": "tests.django.test_app.Pickles"}, "E004 SESSION_SERIALIZER"),
    ],
)
def test_what_is_wrong_is_told_by_the_checks(
    project: str, settings: dict[str, object], told: str
) -> None:
    with override_settings(**settings):
        assert any(told in problem for problem in problems()), problems()


class Pickles:
    """A serializer of what is no JSON."""

    def dumps(self, values: object) -> bytes:
        return b"\x80\x05"

    def loads(self, text: bytes) -> object:
        return {}


def test_djangos_migrations_make_what_signedins_own_make(project: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT max(version) FROM signedin_schema")
        (version,) = cursor.fetchone()

    engine = "sqlite" if project.startswith("sqlite") else "postgres"
    assert version == migrations(engine)[-1][0]
    call_command("makemigrations", "signedin", check=True, dry_run=True, verbosity=0)


@pytest.fixture
def root(project: str) -> User:
    return User.objects.create_superuser("root", password="a long word")


def test_the_administration_lists_sessions_and_shows_no_secret(
    root: User, kept: DjangoSessions
) -> None:
    client = browser(root)

    page = client.get("/admin/signedin/session/").content.decode()

    assert "Chrome on Linux" in page
    assert "203.0.113.7" in page
    assert client.cookies["sessionid"].value not in page
    assert "token" not in page.replace("csrfmiddlewaretoken", "")
    (session,) = kept.list(str(root.pk))
    assert client.get(f"/admin/signedin/session/{session.id}/delete/").status_code == 403


def test_an_administrator_terminates_a_session(root: User, kept: DjangoSessions) -> None:
    alice = User.objects.create_user("alice", password="a long word")
    here, there = browser(root), browser(alice)
    (session,) = kept.list(str(alice.pk))

    terminate(here, session.id)

    assert who(there) == "nobody"
    (ended,) = kept.history(str(alice.pk))
    assert ended.ended is not None
    assert ended.ended.by.id == "root"


def test_who_may_only_look_terminates_nothing(root: User, kept: DjangoSessions) -> None:
    staff = User.objects.create_user("staff", password="a long word", is_staff=True)
    ours = Permission.objects.filter(content_type__app_label="signedin")
    staff.user_permissions.add(ours.get(codename="view_session"))
    browser(root)
    (session,) = kept.list(str(root.pk))

    terminate(browser(staff), session.id)

    assert len(kept.list(str(root.pk))) == 1


def terminate(client: Client, session_id: str) -> None:
    form = {"action": "terminate", "_selected_action": session_id}
    assert client.post("/admin/signedin/session/", form).status_code in (200, 302)
