"""Flask's ``session`` is kept on the server; log-in code and Flask-Login go on working."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import flask
import flask_login  # type: ignore[import-untyped]
import pytest
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer

from signedin.core.cookie import CookieNames
from signedin.core.permission import Actor
from signedin.core.session import Client
from signedin.core.user_id import USER_ID_SIZE
from signedin.flask import SignedIn, current_session, log_in, log_out
from signedin.wiring import Sessions
from tests.clients import CHROME, FIREFOX
from tests.clock import FixedClock
from tests.databases import Open, clock, database, open_sessions, sessions, url

__all__ = ["clock", "database", "open_sessions", "sessions", "url"]

NewBrowser = Callable[..., FlaskClient]
KINDS = {"at": datetime(2026, 1, 2, tzinfo=UTC), "pair": ("a", 1), "list": [1, {"b": None}]}


class User(flask_login.UserMixin):  # type: ignore[misc]
    def __init__(self, user_id: str) -> None:
        self.id = user_id


def make_app(sessions: Sessions, **settings: Any) -> flask.Flask:
    app = flask.Flask(__name__)
    app.secret_key = "for Flask-Login's own cookie"
    SignedIn(app, sessions, **settings)
    manager = flask_login.LoginManager(app)
    manager.user_loader(User)

    @app.get("/keep")
    def keep() -> dict[str, Any]:
        flask.session.update(flask.request.args)
        return {}

    @app.get("/kinds")
    def kinds() -> dict[str, Any]:
        flask.session.update(KINDS)
        return {}

    @app.get("/kinds-kept")
    def kinds_kept() -> dict[str, Any]:
        return {"same": dict(flask.session) == KINDS, "modified": flask.session.modified}

    @app.get("/enter")
    def enter() -> dict[str, Any]:
        remember = "remember" in flask.request.args
        flask_login.login_user(User(flask.request.args["user"]), remember=remember)
        return {}

    @app.get("/leave")
    def leave() -> dict[str, Any]:
        flask_login.logout_user()
        return {}

    @app.get("/enter-by-function")
    def enter_by_function() -> dict[str, Any]:
        flask.session["flash"] = "Welcome."
        return {"id": log_in("42", methods=["pwd"]).session.id}

    @app.get("/leave-by-function")
    def leave_by_function() -> dict[str, Any]:
        receipt = log_out()
        return {"ended": receipt and receipt.ended}

    @app.get("/look")
    def look() -> dict[str, Any]:
        session, user = current_session(), flask_login.current_user
        return {
            "who": session and session.user_id,
            "to_flask_login": user.id if user.is_authenticated else None,
            "kept": {k: v for k, v in flask.session.items() if not k.startswith("_")},
        }

    @app.get("/public")
    def public() -> str:
        return "hello"

    @app.get("/end-and-keep")
    def end_and_keep() -> str:
        flask.session["late"] = "yes"
        for session in sessions.everybodys():
            sessions.terminate(session.id, user_id=None, by=Actor.admin("root"))
        return "done"

    return app


@pytest.fixture
def new_browser(sessions: Sessions) -> NewBrowser:
    app = make_app(sessions, cookies=CookieNames.on_loopback(5000))

    def open_browser(agent: str = CHROME) -> FlaskClient:
        browser = app.test_client()
        browser.environ_base["HTTP_USER_AGENT"] = agent
        return browser

    return open_browser


def who(browser: FlaskClient) -> Any:
    return browser.get("/look").json["who"]  # type: ignore[index]


def test_flask_login_logs_in_and_out_as_ever(new_browser: NewBrowser, sessions: Sessions) -> None:
    browser = new_browser()
    browser.get("/keep?cart=3")

    browser.get("/enter?user=42")

    expected = {"who": "42", "to_flask_login": "42", "kept": {"cart": "3"}}
    assert browser.get("/look").json == expected
    (session,) = sessions.list("42")
    assert sessions.describe(session).label == "Chrome on macOS"

    browser.get("/leave")

    assert browser.get("/look").json == {**expected, "who": None, "to_flask_login": None}
    assert sessions.list("42") == []


def test_a_terminated_browser_is_nobody_in_its_next_request(
    new_browser: NewBrowser, sessions: Sessions
) -> None:
    one, other = new_browser(), new_browser(FIREFOX)
    for browser in (one, other):
        browser.get("/enter?user=42")
    (ended,) = (s for s in sessions.list("42") if "Firefox" in s.user_agent)

    sessions.terminate(ended.id, user_id="42", by=Actor.admin("root"))

    answer = other.get("/look")
    assert answer.json == {"who": None, "to_flask_login": None, "kept": {}}
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert who(one) == "42"


def test_no_remember_me_brings_back_what_was_ended(
    new_browser: NewBrowser, sessions: Sessions
) -> None:
    """Neither the cookie that Flask-Login would set, nor one that it set before signedin came."""
    browser = new_browser()
    answer = browser.get("/enter?user=42&remember=1")
    assert [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("remember")] == []
    assert any("Max-Age=77" in line for line in answer.headers.getlist("Set-Cookie"))
    assert browser.get_cookie("remember_token") is None
    with browser.application.test_request_context():
        browser.set_cookie("remember_token", flask_login.utils.encode_cookie("42"))
    assert who(browser) == "42"

    sessions.terminate_all("42", by=Actor.admin("root"))

    assert browser.get("/look").json == {"who": None, "to_flask_login": None, "kept": {}}
    assert browser.get_cookie("remember_token") is None


def test_what_is_not_remembered_dies_with_the_browser(new_browser: NewBrowser) -> None:
    (line,) = (
        line
        for line in new_browser().get("/enter?user=42").headers.getlist("Set-Cookie")
        if line.startswith("sid")
    )
    assert "Max-Age" not in line


def test_the_functions_do_the_same(new_browser: NewBrowser, sessions: Sessions) -> None:
    browser = new_browser()

    browser.get("/enter-by-function")
    assert browser.get("/look").json["kept"] == {"flash": "Welcome."}  # type: ignore[index]
    assert who(browser) == "42"

    assert browser.get("/leave-by-function").json == {"ended": 1}
    assert who(browser) is None


def test_everything_that_flask_can_keep_is_kept_as_it_was(new_browser: NewBrowser) -> None:
    browser = new_browser()
    browser.get("/kinds")

    assert browser.get("/kinds-kept").json == {"same": True, "modified": False}


def test_a_visitor_who_keeps_nothing_gets_no_cookie_and_a_cacheable_answer(
    new_browser: NewBrowser, sessions: Sessions
) -> None:
    answer = new_browser().get("/public")

    assert "Set-Cookie" not in answer.headers
    assert sessions.everybodys() == []


def test_answers_that_depend_on_the_session_say_so_to_caches(new_browser: NewBrowser) -> None:
    browser = new_browser()

    set_one = browser.get("/enter?user=42")
    assert (set_one.headers["Cache-Control"], set_one.headers["Vary"]) == ("no-store", "Cookie")
    assert browser.get("/look").headers["Vary"] == "Cookie"


def test_a_request_under_way_that_saves_after_the_end_is_refused_and_revives_nothing(
    new_browser: NewBrowser, sessions: Sessions
) -> None:
    browser = new_browser()
    browser.get("/enter?user=42")

    answer = browser.get("/end-and-keep")

    assert answer.status_code == 401
    assert "Log in again" in answer.text
    assert who(browser) is None
    assert sessions.everybodys() == []


def test_without_its_database_the_app_answers_503_and_leaves_the_cookie(
    new_browser: NewBrowser, sessions: Sessions, database: Path
) -> None:
    browser = new_browser()
    browser.get("/enter?user=42")
    sessions.close()
    for path in database.parent.iterdir():
        path.rename(path.with_suffix(".away"))
    database.mkdir()

    for page in ("/look", "/keep?cart=3"):
        answer = browser.get(page)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert "Set-Cookie" not in answer.headers


def test_the_address_and_its_proxy_are_told(sessions: Sessions) -> None:
    app = make_app(
        sessions, cookies=CookieNames.on_loopback(5000), trusted_proxies=[ip_network("10.0.0.7/32")]
    )
    browser = app.test_client()
    browser.environ_base["REMOTE_ADDR"] = "10.0.0.7"

    browser.get("/enter?user=42", headers={"X-Forwarded-For": "203.0.113.9"})

    assert sessions.list("42")[0].first_seen_from.ip_address == "203.0.113.9"


def test_an_app_sends_its_token_in_a_header_where_that_is_switched_on(sessions: Sessions) -> None:
    started = sessions.start("42", client_of_app(), methods=["pwd"])
    header = {"Authorization": f"Bearer {started.token}"}

    for bearer, expected in ((True, "42"), (False, None)):
        answer = make_app(sessions, bearer=bearer).test_client().get("/look", headers=header)
        assert answer.json["who"] == expected  # type: ignore[index]
        assert "Set-Cookie" not in answer.headers


def client_of_app() -> Client:
    return Client("203.0.113.7", "AcmeApp/4.1")


def test_left_alone_it_keeps_its_database_in_the_instance_folder(
    tmp_path: Path, clock: FixedClock
) -> None:
    app = flask.Flask(__name__, instance_path=str(tmp_path / "instance"))
    kept = SignedIn(app)

    kept.sessions.start("42", client_of_app(), methods=[])

    assert (tmp_path / "instance" / "sessions.db").exists()
    kept.sessions.close()


def test_the_configuration_names_the_database(tmp_path: Path) -> None:
    app = flask.Flask(__name__)
    app.config["SIGNEDIN_DATABASE"] = f"sqlite:///{tmp_path}/other.db"
    kept = SignedIn()
    with pytest.raises(RuntimeError, match="init_app"):
        _ = kept.sessions
    kept.init_app(app)

    kept.sessions.list("42")

    assert (tmp_path / "other.db").exists()
    kept.sessions.close()


def test_each_app_of_one_extension_has_its_own_database(tmp_path: Path) -> None:
    kept = SignedIn(cookies=CookieNames.on_loopback(5000))
    for name in ("one", "other"):
        app = flask.Flask(name)
        app.config["SIGNEDIN_DATABASE"] = f"sqlite:///{tmp_path}/{name}.db"
        kept.init_app(app)
        app.add_url_rule("/", view_func=lambda: {"id": log_in("42", methods=[]).session.id})

        app.test_client().get("/")

        assert len(kept.sessions.list("42")) == 1
        kept.sessions.close()


def test_what_apps_set_on_every_request_makes_no_row_for_a_visitor(
    new_browser: NewBrowser, sessions: Sessions
) -> None:
    """``session.permanent``, and Flask-Login's remembering again."""
    browser = new_browser()
    browser.application.config["REMEMBER_COOKIE_REFRESH_EACH_REQUEST"] = True

    @browser.application.before_request
    def keep_for_long() -> None:
        flask.session.permanent = True

    assert "Set-Cookie" not in browser.get("/look").headers
    browser.get("/enter?user=42")
    browser.get("/leave")
    assert sessions.everybodys() == []


def test_a_refusal_says_nothing_of_the_answer_that_it_takes_the_place_of(
    new_browser: NewBrowser,
) -> None:
    browser = new_browser()

    @browser.application.after_request
    def compress(response: flask.Response) -> flask.Response:
        response.headers["Content-Encoding"] = "gzip"
        return response

    browser.get("/enter?user=42")
    answer = browser.get("/end-and-keep")

    assert answer.status_code == 401
    assert "Content-Encoding" not in answer.headers


def test_a_login_as_somebody_that_nobody_can_be_is_refused(
    new_browser: NewBrowser, sessions: Sessions
) -> None:
    answer = new_browser().get(f"/enter?user={'4' * (USER_ID_SIZE + 1)}")

    assert answer.status_code == 400
    assert sessions.everybodys() == []


def test_a_test_may_look_into_the_session_and_change_it(new_browser: NewBrowser) -> None:
    browser = new_browser()
    with browser.session_transaction() as session:
        session["_user_id"] = "42"

    assert who(browser) == "42"
    with browser.session_transaction() as session:
        assert session["_user_id"] == "42"


def test_without_the_extension_the_error_says_what_to_add() -> None:
    app = flask.Flask(__name__)
    app.secret_key = "x"
    with app.test_request_context("/"), pytest.raises(RuntimeError, match=r"SignedIn\(app\)"):
        current_session()


def test_flasks_own_cookie_is_not_believed(new_browser: NewBrowser, open_sessions: Open) -> None:
    browser = new_browser()
    forged = URLSafeSerializer("for Flask-Login's own cookie", "cookie-session")
    browser.set_cookie("session", str(forged.dumps({"_user_id": "42"})))

    assert who(browser) is None
