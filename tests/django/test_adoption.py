"""A project switches over from another engine, and nobody is logged out by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends import db, signed_cookies
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone
from django.utils.crypto import get_random_string

from signedin.core.permission import Actor
from signedin.core.token import old_hash
from signedin.django.service import DjangoSessions

ROOT = Actor.admin("root")
# As the migrations of django-user-sessions 2.0 make it.
USER_SESSIONS = """
CREATE TABLE user_sessions_session (
    session_key varchar(40) NOT NULL PRIMARY KEY, session_data text NOT NULL,
    expire_date {datetime} NOT NULL, user_agent varchar(200), last_activity {datetime} NOT NULL,
    ip {address}, user_id integer
)"""
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36"


@pytest.fixture
def alice(project: str) -> User:
    Session.objects.all().delete()
    return User.objects.create_user("alice", password="a long word")


def data_of(user: User) -> dict[str, str]:
    return {
        "_auth_user_id": str(user.pk),
        "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
        HASH_SESSION_KEY: user.get_session_auth_hash(),
        "cart": "apples",
    }


def old_rows(user: User, count: int) -> list[str]:
    """Sessions of Django's own `db` engine; their keys."""
    text, ends = db.SessionStore().encode(data_of(user)), timezone.now() + timedelta(days=9)
    keys = [get_random_string(32, "abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(count)]
    Session.objects.bulk_create(
        Session(session_key=key, session_data=text, expire_date=ends) for key in keys
    )
    return keys


def rows_of_user_sessions(user: User, count: int) -> list[str]:
    """Sessions of django-user-sessions; their keys."""
    types = {"datetime": "datetime", "address": "char(39)"}
    if connection.vendor == "postgresql":
        types = {"datetime": "timestamptz", "address": "inet"}
    text, now = db.SessionStore().encode(data_of(user)), timezone.now()
    ends, used = now + timedelta(days=9), now - timedelta(hours=1)
    keys = [get_random_string(32, "abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(count)]
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS user_sessions_session")
        cursor.execute(USER_SESSIONS.format(**types))
        cursor.executemany(
            "INSERT INTO user_sessions_session VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [(key, text, ends, CHROME, used, "203.0.113.9", user.pk) for key in keys],
        )
    return keys


def browser(key: str) -> Client:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    return client


def who(client: Client) -> str:
    return client.get("/who").content.decode()


def test_a_thousand_of_each_kind_are_in_the_list_at_once_and_none_is_logged_out(
    alice: User, project: str, kept: DjangoSessions
) -> None:
    many = 1000 if project.startswith("sqlite") else 100
    keys = old_rows(alice, many) + rows_of_user_sessions(alice, many)

    call_command("signedin_adopt", stdout=(told := StringIO()))

    assert told.getvalue() == f"{2 * many} sessions were taken over.\n"
    listed = kept.list(str(alice.pk))
    assert len(listed) == 2 * many
    assert all(s.ends_by and timedelta(8) < s.ends_by - s.created_at for s in listed)
    assert {kept.describe(s).label for s in listed} == {"Chrome on Linux", "Unknown device"}
    with kept.store.reading() as reads:
        found = [reads.by_token(old_hash(key.encode())) for key in keys]
    assert all(one is not None and one.session.ended is None for one in found)
    browsers = [browser(key) for key in keys[:: many // 10]]
    assert {who(client) for client in browsers} == {"alice"}
    assert {client.get("/data").json()["cart"] for client in browsers} == {"apples"}

    assert kept.terminate_all(str(alice.pk), by=ROOT).ended == 2 * many

    assert {who(client) for client in browsers} == {"nobody"}
    assert {who(browser(key)) for key in keys[many // 20 :: many // 5]} == {"nobody"}


def test_the_first_answer_replaces_the_old_key_by_a_token_of_ours(
    alice: User, kept: DjangoSessions
) -> None:
    (key,) = old_rows(alice, 1)
    client = browser(key)

    assert who(client) == "alice"

    assert client.cookies[settings.SESSION_COOKIE_NAME].value.startswith("si_")
    assert who(browser(key)) == "alice"  # a request beside it, in its grace
    assert who(client) == "alice"
    assert len(kept.list(str(alice.pk))) == 1


def test_an_old_session_that_nobody_moved_yet_is_moved_when_it_is_seen(
    alice: User, kept: DjangoSessions
) -> None:
    (key,) = old_rows(alice, 1)

    assert who(browser(key)) == "alice"

    assert not Session.objects.filter(session_key=key).exists()
    assert len(kept.list(str(alice.pk))) == 1


def test_after_log_out_everywhere_no_old_session_comes_back(
    alice: User, kept: DjangoSessions
) -> None:
    (key,) = old_rows(alice, 1)
    kept.terminate_all(str(alice.pk), by=ROOT)

    assert who(browser(key)) == "nobody"
    call_command("signedin_adopt", stdout=StringIO())
    assert kept.list(str(alice.pk)) == []


def test_logging_out_with_an_old_key_in_its_grace_ends_the_session(
    alice: User, kept: DjangoSessions
) -> None:
    (key,) = old_rows(alice, 1)
    client, late = browser(key), browser(key)
    assert who(client) == "alice"

    assert late.post("/logout").status_code == 200

    assert who(client) == "nobody"


def test_logging_in_with_an_old_key_in_its_grace_takes_the_place_of_its_session(
    alice: User, kept: DjangoSessions
) -> None:
    (key,) = old_rows(alice, 1)
    client, late = browser(key), browser(key)
    assert who(client) == "alice"

    late.post("/login", {"username": "alice", "password": "a long word"})

    assert who(late) == "alice"
    assert len(kept.list(str(alice.pk))) == 1
    assert who(client) == "nobody"


def test_an_old_key_that_nobody_knows_opens_nothing_and_is_cleared(project: str) -> None:
    client = browser("a" * 32)

    assert who(client) == "nobody"
    assert client.cookies[settings.SESSION_COOKIE_NAME]["max-age"] == 0


def signed(user: User) -> str:
    store = signed_cookies.SessionStore()
    store.update(data_of(user))
    key = store._get_session_key()
    assert isinstance(key, str)
    return key


def test_a_signed_cookie_is_honoured_until_the_day_that_is_set(
    alice: User, kept: DjangoSessions
) -> None:
    cookie = signed(alice)
    with override_settings(SIGNEDIN={"ADOPT_UNTIL": datetime.now(UTC) + timedelta(days=9)}):
        client = browser(cookie)
        assert who(client) == "alice"
        assert client.cookies[settings.SESSION_COOKIE_NAME].value.startswith("si_")
        assert client.get("/data").json()["cart"] == "apples"
    with override_settings(SIGNEDIN={"ADOPT_UNTIL": datetime.now(UTC) - timedelta(days=1)}):
        assert who(browser(signed(alice))) == "nobody"


def test_a_signed_cookie_from_before_log_out_everywhere_is_refused(
    alice: User, kept: DjangoSessions
) -> None:
    cookie = signed(alice)
    kept.terminate_all(str(alice.pk), by=ROOT)
    with override_settings(SIGNEDIN={"ADOPT_UNTIL": datetime.now(UTC) + timedelta(days=9)}):
        assert who(browser(cookie)) == "nobody"
        assert who(browser(cookie[:-1] + "x")) == "nobody"
