"""The pages as a blueprint of a Flask app: in its requests, with its log-out and its people."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import flask
import flask_login  # type: ignore[import-untyped]
import pytest
from flask.testing import FlaskClient
from flask_wtf import CSRFProtect  # type: ignore[import-untyped]

from signedin.core.cookie import CookieNames
from signedin.flask import SignedIn
from signedin.web.mounted import Person
from signedin.wiring import Sessions
from tests.clients import CHROME, FIREFOX
from tests.databases import clock, database, open_sessions, sessions, url

__all__ = ["clock", "database", "open_sessions", "sessions", "url"]

PAGE = "/account/settings/account"
API = "/account/api/v1/sessions"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
Open = Callable[..., FlaskClient]


class User(flask_login.UserMixin):  # type: ignore[misc]
    def __init__(self, user_id: str) -> None:
        self.id = user_id


def make_app(sessions: Sessions, **how: Any) -> flask.Flask:
    app = flask.Flask(__name__)
    app.secret_key = "for Flask-WTF"
    app.config["PEOPLE"] = {"42": "Ada Lovelace"}
    protection = CSRFProtect(app)
    flask_login.LoginManager(app).user_loader(User)

    def person(user_id: str) -> Person | None:
        name = flask.current_app.config["PEOPLE"].get(user_id)
        return None if name is None else Person(name)

    kept = SignedIn(app, sessions, cookies=CookieNames.on_loopback(5000))
    pages = kept.pages(site="Acme", login_url="/log-in", person=person, **how)
    protection.exempt(pages)
    app.register_blueprint(pages, url_prefix="/account")

    @app.get("/enter")
    def enter() -> str:
        flask_login.login_user(User("42"))
        flask.session["cart"] = 3
        return flask.url_for("signedin.page")

    @app.get("/look")
    def look() -> dict[str, Any]:
        user = flask_login.current_user
        return {"who": user.id if user.is_authenticated else None, "kept": sorted(flask.session)}

    return app


@pytest.fixture
def app(sessions: Sessions) -> flask.Flask:
    return make_app(sessions)


@pytest.fixture
def enter(app: flask.Flask) -> Open:
    def open_browser(agent: str = CHROME) -> FlaskClient:
        browser = app.test_client()
        browser.environ_base["HTTP_USER_AGENT"] = agent
        assert browser.get("/enter").text == "/account/"
        return browser

    return open_browser


def submit(browser: FlaskClient, page: str, root: str = "") -> Any:
    """Open a page and send its form."""
    html = browser.get(page, environ_overrides={"SCRIPT_NAME": root}).text
    token = html.split('name="form_token" value="')[1].split('"')[0]
    return browser.post(page, data={"form_token": token}, headers=SAME_ORIGIN)


def who(browser: FlaskClient) -> Any:
    return browser.get("/look").json["who"]  # type: ignore[index]


def test_a_person_sees_two_browsers_and_terminates_the_other(
    enter: Open, sessions: Sessions
) -> None:
    one, other = enter(), enter(FIREFOX)

    assert one.get("/account/").location == PAGE
    html = one.get(PAGE).text
    assert html.count("data-session=") == 2
    assert "Firefox on Windows" in html
    assert "Ada Lovelace" in html  # looked up in the app's context
    (id,) = [s.id for s in sessions.list("42") if "Firefox" in s.user_agent]
    assert submit(one, f"{PAGE}/sessions/{id}/terminate").status_code == 303

    assert (who(one), who(other)) == ("42", None)


def test_who_is_not_logged_in_is_sent_to_the_apps_login(app: flask.Flask) -> None:
    answer = app.test_client().get(PAGE, environ_overrides={"SCRIPT_NAME": "/behind"})

    assert answer.location == "/behind/log-in?next=%2Fbehind%2Faccount%2Fsettings%2Faccount"
    assert app.test_client().get(API).status_code == 401


def test_below_a_proxys_prefix_every_address_has_it(enter: Open) -> None:
    html = enter().get(PAGE, environ_overrides={"SCRIPT_NAME": "/behind"}).text

    assert 'action="/behind/account/' in html
    assert '"/account/' not in html


@pytest.mark.parametrize("page", ["/account/logout", f"{PAGE}/sessions/end-all"])
def test_to_log_out_there_is_to_log_out_of_flask_login(
    app: flask.Flask, enter: Open, page: str
) -> None:
    browser, told = enter(), []
    with flask_login.user_logged_out.connected_to(lambda app, user: told.append(user.id)):
        answer = submit(browser, page)

    assert answer.location == "/log-in"
    assert told == ["42"]
    assert browser.get("/look").json == {"who": None, "kept": []}


def test_so_it_is_by_the_api_and_only_when_the_own_session_ends(
    enter: Open, sessions: Sessions
) -> None:
    one, other, told = enter(), enter(FIREFOX), []
    listed = {s.user_agent: s.id for s in sessions.list("42")}
    with flask_login.user_logged_out.connected_to(lambda app, user: told.append(user.id)):
        assert '"ended":1' in one.delete(f"{API}/{listed[FIREFOX]}", headers=SAME_ORIGIN).text
        assert told == []
        assert '"ended":1' in one.delete(f"{API}/current", headers=SAME_ORIGIN).text

    assert told == ["42"]
    assert (who(one), who(other)) == (None, None)


def test_an_app_has_a_log_out_of_its_own(sessions: Sessions) -> None:
    told: list[Any] = []
    app = make_app(sessions, log_out=lambda: told.append(flask.session["_user_id"]))
    browser = app.test_client()
    browser.get("/enter")

    submit(browser, "/account/logout")

    assert told == ["42"]
    assert who(browser) is None


def test_nothing_is_changed_without_proof_that_it_came_from_the_page(enter: Open) -> None:
    browser = enter()

    assert browser.delete(f"{API}/current").status_code == 403
    assert browser.post("/account/logout", headers=SAME_ORIGIN).status_code == 403
    assert who(browser) == "42"


def test_the_list_is_a_section_of_the_apps_own_page(sessions: Sessions) -> None:
    app = make_app(sessions, section_url="/settings")
    pages = app.blueprints["signedin"]
    app.add_url_rule("/settings", view_func=lambda: f"<h1>Mine</h1>{pages.section()}")  # type: ignore[attr-defined]
    one, other = app.test_client(), app.test_client()
    assert one.get("/settings").text == "<h1>Mine</h1>"
    for browser in (one, other):
        browser.get("/enter")

    html = one.get("/settings", environ_overrides={"SCRIPT_NAME": "/behind"}).text
    assert html.count("data-session=") == 2
    assert 'href="/behind/account/static/' in html
    answer = submit(one, f"{PAGE}/sessions/end-others")

    assert answer.location.startswith("/settings?done=")
    assert (who(one), who(other)) == ("42", None)


def test_the_api_is_there_without_the_pages(sessions: Sessions) -> None:
    app = flask.Flask(__name__)
    kept = SignedIn(app, sessions, user_key="user", cookies=CookieNames.on_loopback(5000))
    app.register_blueprint(kept.api(), url_prefix="/account")
    app.add_url_rule("/enter", view_func=lambda: str(flask.session.update(user="42")))
    browser = app.test_client()
    browser.get("/enter")

    assert browser.get(f"{API}/current").json["current"] is True  # type: ignore[index]
    assert browser.get(PAGE).status_code == 404
    browser.delete(f"{API}/current", headers=SAME_ORIGIN)
    assert browser.get(f"{API}/current").status_code == 401


def test_in_debug_mode_the_cookies_are_those_for_http_on_ones_own_machine(
    sessions: Sessions,
) -> None:
    app = flask.Flask(__name__)
    app.add_url_rule("/", view_func=lambda: str(flask.session.update(a=1)))
    SignedIn(app, sessions)

    names = {}
    for debug in (False, True):
        app.debug = debug
        names[debug] = app.test_client().get("/").headers.getlist("Set-Cookie")

    assert names[False][0].startswith("__Host-sid=")
    assert names[True][0].startswith("sid_80=")


def test_without_the_extra_all_but_the_pages_works_and_the_error_says_what_to_install() -> None:
    code = (
        "import sys\n"
        "for name in ('starlette', 'a2wsgi', 'jinja2.ext', 'msgspec', 'babel', 'anyio'):\n"
        "    sys.modules[name] = None\n"
        "import flask\n"
        "from signedin.flask import SignedIn\n"
        "kept = SignedIn(flask.Flask('app'))\n"
        "try:\n"
        "    kept.pages(site='Acme', login_url='/')\n"
        "except ImportError as error:\n"
        "    assert 'signedin[flask,page-wsgi]' in str(error), error\n"
        "else:\n"
        "    raise AssertionError\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
