"""The document of the API says everything there is, and so does its page."""

from __future__ import annotations

import re
from typing import Any

import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from signedin.web import problems
from signedin.web.app import OPERATIONS
from tests.web.conftest import NAMES, ORIGIN, SECURE_NAMES, Browser, MakeApp, NewBrowser
from tests.web.contract import DOCUMENT, ELSEWHERE

ADDRESS = "/api/v1/openapi.json"
PAGE = "/api/docs"
FOR_PROGRAMS = ("/api/", "/healthz", "/readyz")
ONLY_ON_PAGES = {"form-expired", "choice-expired"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def described(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if method.upper() in METHODS
    }


def answered(app: Any) -> set[tuple[str, str]]:
    """What the application answers as JSON: each method of each address, asked of it."""
    paths = [route.path for route in app._app.routes if isinstance(route, Route)]
    client = TestClient(app, base_url=ORIGIN, raise_server_exceptions=False)
    return {
        (method, path)
        for path in paths
        if path.startswith(FOR_PROGRAMS) and path != PAGE
        for method in METHODS
        if client.request(method, path.replace("{", "").replace("}", "")).status_code != 405
    }


# Complete.
def test_every_address_and_method_of_the_api_is_in_the_document(
    new_browser: NewBrowser, app: ASGIApp
) -> None:
    document = new_browser().get(ADDRESS).json()

    assert described(document) == answered(app)


def test_every_problem_is_in_the_document_where_it_can_come_from() -> None:
    answers = [problem.code for operation in OPERATIONS for problem in operation.problems]
    elsewhere = [code for codes in ELSEWHERE.values() for code in codes]
    codes = {problem.code for problem in problems.ALL}

    assert {*answers, *elsewhere, *ONLY_ON_PAGES} == codes
    assert DOCUMENT["components"]["schemas"]["Problem"]["properties"]["code"]["enum"] == sorted(
        codes
    )


def test_every_operation_says_what_it_does_and_has_a_name_of_its_own() -> None:
    names = [operation.handler.__name__ for operation in OPERATIONS]

    assert sorted(names) == sorted(set(names))
    assert [o.path for o in OPERATIONS if not o.summary or o.summary.endswith(".")] == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: f"{o.method} {o.path}")
def test_an_operation_is_told_to_need_a_session_if_it_does(
    new_browser: NewBrowser, operation: Any
) -> None:
    told = DOCUMENT["paths"][operation.path][operation.method.lower()]
    answer = new_browser().http.request(operation.method, operation.path, content=b"{}")

    assert (answer.status_code == 401) == bool(told["security"])


# Correct.
def test_the_document_is_one_of_openapi() -> None:
    jsonschema_rs.validator_for(OPENAPI_31).validate(DOCUMENT)


def test_every_reference_leads_somewhere() -> None:
    for pointer in re.findall(r"'\$ref': '#/([^']+)'", str(DOCUMENT)):
        found: Any = DOCUMENT
        for name in pointer.split("/"):
            found = found[name]
        assert found, pointer


def test_everything_of_a_body_that_has_a_default_can_be_left_out() -> None:
    schema = DOCUMENT["components"]["schemas"]["LogIn"]

    assert schema["required"] == ["email", "password"]
    assert schema["additionalProperties"] is False


def test_what_our_classes_say_to_developers_is_not_in_the_document() -> None:
    texts = [s["description"] for s in DOCUMENT["components"]["schemas"].values()]

    assert [text for text in texts if "print" in text or "rename" in text] == []


# Where it is asked for.
def test_anybody_can_read_the_document(new_browser: NewBrowser) -> None:
    answer = new_browser().get(ADDRESS)

    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["openapi"] == "3.1.0"
    assert "set-cookie" not in answer.headers
    assert "vary" not in answer.headers


def test_the_document_names_the_cookie_and_nothing_else_of_the_installation(
    browser: Browser, secure_browser: Browser
) -> None:
    ours, theirs = browser.get(ADDRESS).json(), secure_browser.get(ADDRESS).json()

    names = [d["components"]["securitySchemes"]["session"].pop("name") for d in (ours, theirs)]

    assert names == [NAMES.session, SECURE_NAMES.session]
    assert ours == theirs


def test_a_mounted_api_is_described_where_it_is_mounted(make_app: MakeApp) -> None:
    http = TestClient(make_app(), base_url=ORIGIN, root_path="/auth")

    assert http.get("/auth" + ADDRESS).json()["servers"] == [{"url": "/auth"}]
    assert TestClient(make_app()).get(ADDRESS).json()["servers"] == [{"url": "/"}]


# The page.
def test_the_page_has_everything_that_the_document_has(new_browser: NewBrowser) -> None:
    page = new_browser().get(PAGE).text

    for method, path in described(DOCUMENT):
        assert f"<code>{method} {path}</code>" in page, path
    for name in DOCUMENT["components"]["schemas"]:
        assert f'<h3 id="{name}">' in page
    for problem in problems.ALL:
        assert f"<dt><code>{problem.code}</code>" in page
    assert f'href="{ADDRESS}"' in page


def test_the_page_is_a_page_like_any_other(browser: Browser, new_browser: NewBrowser) -> None:
    anybody, somebody = new_browser().get(PAGE), browser.get(PAGE)

    for answer in (anybody, somebody):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")
        assert "://" not in answer.text


def test_the_page_marks_code_and_escapes_the_rest(new_browser: NewBrowser) -> None:
    page = new_browser().get(PAGE).text

    assert "<code>Sec-Fetch-Site: same-origin</code>" in page
    assert "`" not in page.split("<main")[1]
