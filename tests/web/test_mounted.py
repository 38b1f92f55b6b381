"""The pages inside somebody else's app: its people, its login, below any prefix."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from signedin.core.cookie import CookieNames
from signedin.core.permission import Actor
from signedin.core.policy import Policy
from signedin.core.session import Client
from signedin.web.mounted import AccountPages
from signedin.wiring import Sessions
from tests.clients import CHROME, FIREFOX, SAFARI
from tests.clock import FixedClock
from tests.web.embedder import NAMES, PEOPLE, SAME_ORIGIN, Browser, app_around, forget

PAGE = "/me/settings/account"
API = "/me/api/v1/sessions"
MINUTE = timedelta(minutes=1)


def pages(sessions: Sessions, **told: Any) -> AccountPages:
    how: dict[str, Any] = {"person": PEOPLE.get, "login_url": "/log-in", "log_out": forget} | told
    return AccountPages(sessions, site="Acme", cookies=NAMES, **how)


@pytest.fixture
def app(sessions: Sessions) -> Any:
    return app_around(sessions, pages(sessions))


@pytest.fixture
def ada(app: Any) -> Browser:
    return Browser(app).enter()


@pytest.fixture
def other(app: Any) -> Browser:
    """Another browser of Ada's."""
    return Browser(app, FIREFOX).enter()


@pytest.fixture
def bob(app: Any) -> Browser:
    return Browser(app, SAFARI).enter("2")


def current(browser: Browser) -> str:
    """The id of a browser's own session."""
    told: str = browser.get(f"{API}/current").json()["id"]
    return told


def test_the_list_has_all_of_ones_own_sessions_and_nobody_elses(
    ada: Browser, other: Browser, bob: Browser
) -> None:
    html = ada.get(PAGE).text

    assert html.count('<tr role="row" data-session=') == 2
    assert html.count("Current session") == 1
    assert "Chrome on macOS" in html
    assert "Firefox on Windows" in html
    assert "Safari" not in html


def test_the_frame_names_the_app_and_the_person_as_the_app_does(ada: Browser) -> None:
    html = ada.get(PAGE).text

    assert "Acme" in html
    assert "Ada Lovelace" in html
    assert "ada@example.org" in html.replace("<wbr>", "")


def test_a_person_without_an_address_has_none_on_the_page(bob: Browser) -> None:
    html = bob.get(PAGE).text

    assert "Bob" in html
    assert "E-mail" not in html


def test_without_a_look_up_people_see_their_id(sessions: Sessions) -> None:
    mounted = AccountPages(sessions, site="Acme", login_url="/log-in", cookies=NAMES)
    browser = Browser(app_around(sessions, mounted)).enter("user-7")

    assert "user-7" in browser.get(PAGE).text


def test_who_is_nobody_to_the_app_is_not_logged_in(app: Any) -> None:
    nobody = Browser(app).enter("3")

    assert nobody.get(PAGE).status_code == 303
    assert nobody.get(API).status_code == 401


def test_who_is_not_logged_in_is_sent_to_the_apps_login_and_back(app: Any) -> None:
    browser = Browser(app)

    answer = browser.get(f"{PAGE}?x=1")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/log-in?next=%2Fme%2Fsettings%2Faccount%3Fx%3D1"
    assert browser.get(API).json()["code"] == "not-logged-in"
    assert browser.cookies == {}


def test_a_login_with_a_question_of_its_own_keeps_it(sessions: Sessions) -> None:
    mounted = pages(sessions, login_url="https://sso.example/?app=acme")
    browser = Browser(app_around(sessions, mounted))

    location = browser.get(PAGE).headers["location"]

    assert location == "https://sso.example/?app=acme&next=%2Fme%2Fsettings%2Faccount"


SERVERS_OWN = (
    "/login /setup /session-ended /settings/account/password /admin/users /healthz /readyz "
    "/.well-known/change-password /api/v1/admin/users"
)


def test_what_only_the_server_has_is_not_there(ada: Browser) -> None:
    answers = [ada.get(f"/me{path}").status_code for path in SERVERS_OWN.split()]

    assert set(answers) == {404}
    assert ada.call("POST", API, json={}).status_code == 405


def test_without_the_middleware_around_it_the_app_checks_by_itself(sessions: Sessions) -> None:
    app = app_around(sessions, pages(sessions), checked=False)
    ada, other = Browser(app).enter(), Browser(app, FIREFOX).enter()

    assert ada.get(PAGE).text.count("data-session=") == 2
    assert ada.call("DELETE", f"{API}/{current(other)}").json()["ended"] == 1
    assert other.get(PAGE).headers["location"].startswith("/log-in")
    assert ada.submit("/me/logout", "/me/logout").headers["set-cookie"].startswith("app_session=;")
    assert ada.whom == {"app": None, "session": None}


def test_a_session_is_terminated_and_the_page_says_so(ada: Browser, other: Browser) -> None:
    act = f"{PAGE}/sessions/{current(other)}/terminate"

    answer = ada.submit(act, act)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{PAGE}?done=")
    told = ada.get(answer.headers["location"]).text
    assert "Session terminated: Firefox on Windows" in told
    assert other.whom["session"] is None
    assert ada.whom["session"] == "1"


def test_all_others_are_logged_out(ada: Browser, other: Browser, bob: Browser) -> None:
    ada.submit(f"{PAGE}/sessions/end-others", f"{PAGE}/sessions/end-others")

    assert [browser.whom["session"] for browser in (ada, other, bob)] == ["1", None, "2"]


def test_a_session_gets_a_name_and_ended_ones_are_told(ada: Browser, other: Browser) -> None:
    session_id = current(other)
    act = f"{PAGE}/sessions/{session_id}/rename"

    assert ada.submit(act, act, name="Office desk").headers["location"] == PAGE
    assert "Office desk" in ada.get(PAGE).text

    assert ada.call("DELETE", f"{API}/{session_id}").json()["ended"] == 1
    (ended,) = ada.get(f"{API}/history").json()["sessions"]
    assert (ended["id"], ended["ended_reason"]) == (session_id, "terminated")
    assert "Terminated by you" in ada.get(PAGE).text


def test_anybody_elses_session_is_answered_like_none(ada: Browser, bob: Browser) -> None:
    foreign, none = current(bob), "0199a000-0000-7000-8000-000000000000"

    answers = [
        [
            ada.get(f"{PAGE}/sessions/{id}").text,
            ada.submit(PAGE, f"{PAGE}/sessions/{id}/terminate").text,
            ada.call("DELETE", f"{API}/{id}").text,
            ada.call("PATCH", f"{API}/{id}", json={"name": "mine"}).text,
        ]
        for id in (foreign, none)
    ]

    times = re.compile(r"\d{4}-\d\d-\d\dT[\d:]+Z")
    one, two = ([times.sub("", a.replace(foreign, none)) for a in given] for given in answers)
    assert one == two
    assert bob.whom["session"] == "2"


@pytest.mark.parametrize("page", ["/logout", "/settings/account/sessions/end-all"])
def test_leaving_runs_the_apps_own_log_out(ada: Browser, page: str) -> None:
    assert ada.whom == {"app": "1", "session": "1"}

    answer = ada.submit(f"/me{page}", f"/me{page}")

    assert answer.headers["location"] == "/log-in"
    assert "clear-site-data" not in answer.headers
    assert ada.whom == {"app": None, "session": None}


def test_so_does_ending_ones_own_session_in_any_other_way(app: Any) -> None:
    def by_page(browser: Browser) -> None:
        act = f"{PAGE}/sessions/{current(browser)}/terminate"
        browser.submit(f"{PAGE}/sessions/end-others", act)

    for leave in (
        by_page,
        lambda browser: browser.call("DELETE", f"{API}/current"),
        lambda browser: browser.call("DELETE", f"{API}/{current(browser)}"),
        lambda browser: browser.call("POST", f"{API}/end", json={"scope": "all"}),
        lambda browser: browser.call(
            "POST", f"{API}/end", json={"scope": "selected", "ids": [current(browser)]}
        ),
    ):
        browser = Browser(app).enter()
        leave(browser)
        assert browser.whom == {"app": None, "session": None}


def test_everywhere_is_everywhere(ada: Browser, other: Browser, bob: Browser) -> None:
    ada.submit(f"{PAGE}/sessions/end-all", f"{PAGE}/sessions/end-all")

    assert [browser.whom["session"] for browser in (ada, other, bob)] == [None, None, "2"]


def test_nothing_is_changed_without_proof_that_it_came_from_our_page(
    ada: Browser, other: Browser
) -> None:
    target = current(other)
    act = f"{PAGE}/sessions/{target}/terminate"
    token = ada.get(PAGE).text.split('name="form_token" value="')[1].split('"')[0]

    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        form = ada.http.post(act, data={"form_token": token}, headers=headers)
        assert form.status_code == 403
        assert ada.http.delete(f"{API}/{target}", headers=headers).status_code == 403
    assert ada.http.post(act, data={}, headers=SAME_ORIGIN).status_code == 403
    assert other.whom["session"] == "1"


def test_an_old_browser_proves_it_by_a_known_origin(sessions: Sessions) -> None:
    mounted = pages(sessions, origins=["https://acme.example"])
    browser = Browser(app_around(sessions, mounted)).enter()

    for origin, status in (("https://acme.example", 200), ("https://evil.example", 403)):
        answer = browser.http.delete(f"{API}/current", headers={"Origin": origin})
        assert answer.status_code == status or origin.endswith("acme.example")
    assert browser.whom["session"] is None


@pytest.mark.parametrize("below", ["/me", "/a/b", ""])
@pytest.mark.parametrize("root", ["", "/behind/proxy"])
def test_every_address_is_below_the_prefix(sessions: Sessions, below: str, root: str) -> None:
    mounted = pages(sessions, password_url="/new-password")
    browser = Browser(app_around(sessions, mounted, at=below), root=root).enter()
    prefix = root + below
    own = browser.get(f"{prefix}/api/v1/sessions/current").json()["id"]

    for page in ("", f"/sessions/{own}", f"/sessions/{own}/rename", "/sessions/end-others"):
        html = browser.get(f"{prefix}/settings/account{page}").text
        addresses = set(re.findall(r'(?:href|src|action|data-\w+)="(/[^"]*)"', html))
        of_the_app = {a for a in addresses if a.startswith((f"{root}/log-in", f"{root}/new-pass"))}
        assert of_the_app
        assert [a for a in addresses - of_the_app if not a.startswith(f"{prefix}/")] == []
        loaded = [a.partition("#")[0] for a in addresses if "/static/" in a]
        assert loaded
        assert {browser.get(address).status_code for address in loaded} == {200}
    assert browser.get(f"{prefix}/settings").headers["location"] == f"{prefix}/settings/account"
    assert Browser(browser.http.app, root=root).get(f"{prefix}/settings").headers["location"] == (
        f"{root}/log-in?next={quote(prefix + '/settings', safe='')}"
    )


def test_its_cookies_are_for_the_whole_host(sessions: Sessions) -> None:
    mounted = AccountPages(
        sessions, site="Acme", login_url="/log-in", cookies=CookieNames(), log_out=forget
    )
    started = sessions.start("1", Client("203.0.113.7", CHROME), methods=["pwd"])
    browser = Browser(app_around(sessions, mounted, checked=False))
    browser.http.cookies.set("__Host-sid", started.token)

    answer = browser.call("DELETE", f"{API}/current")

    (cleared,) = answer.headers.get_list("set-cookie")
    assert cleared.startswith("__Host-sid=;")
    assert "Path=/" in cleared.split("; ")


def test_who_must_prove_it_once_more_is_sent_to_the_apps_login_and_back(
    sessions: Sessions, clock: FixedClock
) -> None:
    sessions.policies.set(
        "default", Policy(confirm_within=MINUTE), by=Actor.admin("test"), reason="test"
    )
    app = app_around(sessions, pages(sessions))
    ada, other = Browser(app).enter(), Browser(app, FIREFOX).enter()
    clock.advance(2 * MINUTE)
    act = f"{PAGE}/sessions/{current(other)}/terminate"

    asked = ada.submit(act, act)

    assert asked.status_code == 403
    assert other.whom["session"] == "1"
    (login,) = re.findall(r'href="(/log-in\?[^"]*)"', asked.text)
    assert login == f"/log-in?next={quote(act, safe='')}&amp;confirm=yes"
    ada.enter()  # the app proves it, and rotates the session
    assert ada.submit(act, act).status_code == 303
    assert other.whom["session"] is None


def test_the_document_describes_what_is_mounted(ada: Browser) -> None:
    document = ada.get("/me/api/v1/openapi.json").json()

    assert document["servers"] == [{"url": "/me"}]
    assert document["components"]["securitySchemes"]["session"]["name"] == NAMES.session
    assert "post" not in document["paths"]["/api/v1/sessions"]
    assert [path for path in document["paths"] if "admin" in path or "confirm" in path] == []
    assert ada.get("/me/api/docs").status_code == 200


def test_mounting_needs_nothing_of_what_only_the_server_needs() -> None:
    code = (
        "import sys\n"
        "for name in ('argon2', 'zxcvbn', 'uvicorn', 'httptools', 'uvloop', 'python_multipart',"
        " 'ua_parser', 'maxminddb'):\n"
        "    sys.modules[name] = None\n"
        "from signedin import Sessions\n"
        "from signedin.web.mounted import AccountPages\n"
        "AccountPages(Sessions('sqlite:///never-opened.db'), site='Acme', login_url='/')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
