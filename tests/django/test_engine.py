"""An ordinary app with `SESSION_ENGINE = "signedin.django"`: log in, keep data, log out."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.models import User
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import connection
from django.test import Client, RequestFactory, override_settings

from signedin.core.app_data import DATA_SIZE
from signedin.core.errors import DataTooLargeError, StoreUnavailableError
from signedin.core.permission import Actor
from signedin.core.policy import Policy, WhenFull
from signedin.core.session import Client as Device
from signedin.core.session import EndedReason
from signedin.django import SessionStore
from signedin.django.middleware import SessionMiddleware
from signedin.django.service import DjangoSessions, sessions
from tests.waiting import wait_until

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36"


@pytest.fixture
def alice(project: str) -> User:
    return User.objects.create_user("alice", password="a long word")


def browser(user: User | None = None, **more: str) -> Client:
    """A browser, in which somebody has logged in."""
    client = Client(headers={"User-Agent": CHROME}, REMOTE_ADDR="203.0.113.7")
    if user is not None:
        log_in(client, user, **more)
    return client


def log_in(client: Client, user: User, **more: str) -> None:
    form = {"username": user.username, "password": "a long word", **more}
    assert client.post("/login", form).status_code == 200


def who(client: Client, path: str = "/who") -> str:
    return client.get(path).content.decode()


def test_a_login_is_a_session_with_its_device_and_address(
    alice: User, kept: DjangoSessions
) -> None:
    client = browser(alice)

    assert who(client) == "alice"
    (session,) = kept.list(str(alice.pk))
    assert kept.describe(session).label == "Chrome on Linux"
    assert session.first_seen_from.ip_address == "203.0.113.7"
    assert session.methods == ("pwd",)


def test_a_session_that_was_terminated_opens_nothing(alice: User, kept: DjangoSessions) -> None:
    here, there = browser(alice), browser(alice)
    mine, other = kept.list(str(alice.pk))
    assert who(here) == who(there) == "alice"

    receipt = kept.terminate(mine.id, user_id=str(alice.pk), by=Actor.user(other.id))

    assert not receipt.pending
    assert sorted([who(here), who(there)]) == ["alice", "nobody"]
    assert [s.id for s in kept.list(str(alice.pk))] == [other.id]


def test_a_check_of_a_session_in_memory_asks_no_database(alice: User, kept: DjangoSessions) -> None:
    client = browser(alice)
    token = client.cookies[settings.SESSION_COOKIE_NAME].value.encode()

    def is_held() -> bool:
        who(client)
        return kept.check_held(token, "203.0.113.7", CHROME.encode()) is not None

    wait_until(is_held)
    with connection.execute_wrapper(fail):
        client.get("/plain")


def test_logging_out_ends_the_session_and_clears_its_cookie(
    alice: User, kept: DjangoSessions
) -> None:
    client = browser(alice)

    answer = client.post("/logout")

    assert answer.cookies[settings.SESSION_COOKIE_NAME]["max-age"] == 0
    (ended,) = kept.history(str(alice.pk))
    assert ended.ended is not None
    assert ended.ended.reason is EndedReason.LOGGED_OUT
    assert who(client) == "nobody"


def fail(*_: object) -> object:
    raise AssertionError("Django's connection was asked")


def test_a_visit_that_keeps_nothing_makes_no_session(project: str, kept: DjangoSessions) -> None:
    client = browser()

    for path in ("/who", "/plain", "/data"):
        assert settings.SESSION_COOKIE_NAME not in client.get(path).cookies

    assert kept.latest(10)[0] == []


def test_what_a_visitor_kept_is_there_after_the_login(alice: User, kept: DjangoSessions) -> None:
    client = browser()
    client.get("/data?cart=apples")
    visitor = client.cookies[settings.SESSION_COOKIE_NAME].value

    log_in(client, alice)

    assert client.get("/data").json()["cart"] == "apples"
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != visitor
    assert not SessionStore().exists(visitor)
    assert [session.user_id for session in kept.latest(10)[0]] == [str(alice.pk)]


def test_a_second_login_in_the_same_browser_replaces_the_first(
    alice: User, kept: DjangoSessions
) -> None:
    client = browser(alice)
    client.cookies.pop(settings.SESSION_COOKIE_NAME)

    log_in(client, alice)

    assert len(kept.list(str(alice.pk))) == 1
    (first,) = kept.history(str(alice.pk))
    assert first.ended is not None
    assert first.ended.reason is EndedReason.REPLACED


def test_two_requests_that_write_different_keys_lose_nothing(alice: User) -> None:
    client = browser(alice)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    one, other = SessionStore(key), SessionStore(key)
    one["a"], other["b"] = 1, {"nested": []}
    one.save()
    other["b"]["nested"].append(2)
    other.save()

    kept = SessionStore(key)

    assert (kept["a"], kept["b"]) == (1, {"nested": [2]})


def test_a_request_in_flight_saves_nothing_after_the_end(alice: User, kept: DjangoSessions) -> None:
    client = browser(alice)
    (session,) = kept.list(str(alice.pk))

    def ends_meanwhile(get_response: object) -> object:
        def view(request: object) -> object:
            request.session["late"] = True  # type: ignore[attr-defined]
            kept.terminate(session.id, user_id=str(alice.pk), by=Actor.admin("root"))
            from django.http import HttpResponse

            return HttpResponse()

        return view

    request = _request(client)
    with pytest.raises(SessionInterrupted):
        SessionMiddleware(ends_meanwhile(None))(request)  # type: ignore[arg-type]

    assert kept.list(str(alice.pk)) == []
    assert kept.data.read(session.id) is None or "late" not in str(kept.data.read(session.id))


def _request(client: Client) -> object:
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    return RequestFactory(headers={"Cookie": cookie}).get("/")


def test_changing_the_password_ends_the_others_and_renews_this_one(
    alice: User, kept: DjangoSessions
) -> None:
    here, there = browser(alice), browser(alice)
    before = here.cookies[settings.SESSION_COOKIE_NAME].value

    here.post("/password", {"password": "another word"})

    assert here.cookies[settings.SESSION_COOKIE_NAME].value != before
    assert (who(here), who(there)) == ("alice", "nobody")
    (ended,) = kept.history(str(alice.pk))
    assert ended.ended is not None
    assert ended.ended.reason is EndedReason.PASSWORD_CHANGED


def test_set_expiry_moves_the_end_of_the_session(alice: User, kept: DjangoSessions) -> None:
    browser(alice, minutes="10")

    (session,) = kept.list(str(alice.pk))

    assert session.ends_by is not None
    assert session.ends_by - session.created_at < timedelta(minutes=11)


def test_a_database_that_cannot_be_asked_logs_nobody_out(
    alice: User, kept: DjangoSessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser(alice)

    def is_gone(*_: object) -> object:
        raise StoreUnavailableError("gone")

    monkeypatch.setattr(kept, "check_held", lambda *_: None)
    monkeypatch.setattr(kept, "check", is_gone)
    answer = client.get("/who")

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert settings.SESSION_COOKIE_NAME not in answer.cookies
    assert client.get("/plain").status_code == 200
    monkeypatch.undo()
    assert who(client) == "alice"


def test_two_cookies_of_the_name_are_refused_and_left_alone(alice: User) -> None:
    client = browser(alice)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    twice = f"{settings.SESSION_COOKIE_NAME}={key}; {settings.SESSION_COOKIE_NAME}=other"

    answer = Client(HTTP_COOKIE=twice).get("/who")

    assert answer.content == b"nobody"
    assert settings.SESSION_COOKIE_NAME not in answer.cookies


def test_a_login_beyond_the_cap_is_told_plainly(alice: User) -> None:
    policy = Policy(max_sessions=1, when_full=WhenFull.REFUSE)
    with override_settings(SIGNEDIN={"POLICY": policy}):
        browser(alice)
        second = browser()

        form = {"username": "alice", "password": "a long word"}
        answer = second.post("/login", form)
        caught = second.post("/login", form | {"catch": "yes"})

    assert answer.status_code == 409
    assert caught.content == b"1 at most; AnonymousUser"
    assert who(second) == "nobody"
    assert settings.SESSION_COOKIE_NAME not in answer.cookies


def raise_it(*_: object) -> None:
    raise RuntimeError("broken")


def test_a_new_key_is_handed_out_even_when_the_view_breaks_after_it(
    alice: User, kept: DjangoSessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser(alice)
    client.raise_request_exception = False
    before = client.cookies[settings.SESSION_COOKIE_NAME].value
    monkeypatch.setattr("tests.django.views.after_change", raise_it)

    assert client.post("/password", {"password": "another word"}).status_code == 500

    assert client.cookies[settings.SESSION_COOKIE_NAME].value != before
    assert kept.is_current(client.cookies[settings.SESSION_COOKIE_NAME].value)


def test_a_key_of_a_transaction_that_was_rolled_back_is_not_handed_out(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser(alice)
    client.raise_request_exception = False
    monkeypatch.setattr("tests.django.views.after_change", raise_it)
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)

    assert client.post("/password", {"password": "another word"}).status_code == 500

    assert who(client) == "alice"


def test_a_request_in_flight_does_not_bring_back_the_key_that_another_replaced(
    alice: User,
) -> None:
    client = browser(alice)
    late = Client()
    late.cookies.load({name: morsel.value for name, morsel in client.cookies.items()})
    client.post("/password", {"password": "another word"})

    answer = late.get("/data?note=late")

    assert answer.status_code == 200
    assert settings.SESSION_COOKIE_NAME not in answer.cookies
    assert client.get("/data").json()["note"] == "late"


def test_an_app_may_send_its_token_without_a_cookie_if_that_is_switched_on(alice: User) -> None:
    with override_settings(SIGNEDIN={"BEARER": True}):
        device = Device("203.0.113.9", "notes/1.0")
        token = sessions().start(str(alice.pk), device, methods=["pwd"], data=data_of(alice)).token
        app = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {token}"})

        answer = app.get("/data?note=kept")

        assert who(app) == "alice"
        assert answer.json()["note"] == "kept"
        assert not answer.cookies
    assert who(app) == "nobody"


def test_a_login_as_somebody_that_nobody_can_be_is_refused(project: str) -> None:
    answer = browser().get("/data", {"_auth_user_id": "4\0002"})

    assert answer.status_code == 400
    assert answer.content.startswith(b"A user id takes from 1 to 2000 bytes")
    assert sessions().everybodys() == []


def data_of(user: User) -> str:
    store = SessionStore()
    request = RequestFactory().get("/")
    request.session = store
    auth.login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return json.dumps(dict(store.items()))


def test_more_than_fits_is_refused_from_the_first_save_on(project: str) -> None:
    session = SessionStore()
    session["much"] = "x" * DATA_SIZE

    with pytest.raises(DataTooLargeError):
        session.save()

    assert session.session_key is None
