"""A log line stays one line, says the truth about its parts, and holds no secret."""

from __future__ import annotations

import json
import logging
import secrets
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signedin.cli.logs import JsonLines, TextLines
from signedin.core.token import SessionToken, new_device_token, new_token

FORGED = '\r\n{"level":"info","message":"all is well"}\x1b[2K\u202e\u2066\u2028\x85'
TOKEN = new_token(bytes(range(32)))
SETUP_KEY = new_device_token(bytes(range(100, 132)))


def record(message: object, *arguments: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("signedin.web", logging.WARNING, __file__, 1, message, arguments, None)
    made.created = 1795516264.25
    made.__dict__.update(extra)
    return made


def as_json(made: logging.LogRecord) -> dict[str, Any]:
    line = JsonLines().format(made)
    assert line.isascii()
    assert line.isprintable()
    told: dict[str, Any] = json.loads(line)
    return told


def test_a_line_says_when_how_bad_where_and_what() -> None:
    told = as_json(record("%s waits for %d", "upkeep", 3, address="203.0.113.7", tries=2))

    assert told == {
        "time": "2026-11-24T10:31:04.250Z",
        "level": "warning",
        "logger": "signedin.web",
        "message": "upkeep waits for 3",
        "address": "203.0.113.7",
        "tries": 2,
    }


def test_a_line_for_people_says_the_same() -> None:
    line = TextLines().format(record("refused", address="203.0.113.7", tries=2))

    assert line == (
        '2026-11-24T10:31:04.250Z WARNING signedin.web: refused address="203.0.113.7" tries=2'
    )


@pytest.mark.parametrize(
    "made",
    [record(FORGED), record("%s", FORGED), record("path", path=FORGED), record("%s" + FORGED)],
)
def test_what_a_client_sends_can_neither_begin_a_line_nor_reorder_one(
    made: logging.LogRecord,
) -> None:
    as_json(made)
    assert TextLines().format(made).isprintable()


@given(st.text(), st.text())
def test_any_text_is_one_line_and_comes_back_from_json(message: str, value: str) -> None:
    made = record("%s", message, value=value)

    assert as_json(made)["message"] == message
    assert as_json(made)["value"] == value
    assert TextLines().format(made).isprintable()


def failed(text: str) -> logging.LogRecord:
    try:
        raise ValueError(text)
    except ValueError:
        return record("it broke", exc_info=sys.exc_info())


def test_a_traceback_is_part_of_its_line() -> None:
    assert as_json(failed("x"))["exception"].endswith("ValueError: x")


def test_a_traceback_for_people_cannot_be_taken_for_another_line() -> None:
    first, *rest = TextLines().format(failed(f"x{FORGED}")).split("\n")

    assert first.endswith("signedin.web: it broke")
    assert rest
    assert all(line.startswith("    ") and line.isprintable() for line in rest)


@pytest.mark.parametrize("secret", [TOKEN, SETUP_KEY, str(TOKEN), str(SETUP_KEY)], ids="abcd")
def test_no_secret_is_told_wherever_it_stands(secret: str) -> None:
    made = [
        record(secret),
        record("%s", secret),
        record("%(token)s", {"token": secret}),
        record(f"GET /setup?key={secret} refused"),
        record("cookie", cookie=f"sid={secret}; other=1"),
        record("list", tokens=[secret]),
        record("too many arguments", secret),
        failed(f"no session for {secret}"),
    ]

    for one in made:
        for line in (JsonLines().format(one), TextLines().format(one)):
            assert secret not in line
            assert "hidden" in line


def test_every_random_token_has_the_form_that_is_hidden() -> None:
    for _ in range(1000):
        for secret in (
            new_token(secrets.token_bytes(32)),
            new_device_token(secrets.token_bytes(32)),
        ):
            assert str(secret) not in JsonLines().format(record(f"at {secret!s}."))


def test_ids_addresses_and_names_are_told() -> None:
    words = (
        "0199a0b0-0000-7000-8000-000000000000 2001:db8::7 Mozilla/5.0 "
        "a_function_whose_name_has_exactly_43_letter /srv/signedin/lib/python3.11/site-packages"
    )

    assert as_json(record("%s", words))["message"] == words


def test_a_token_given_as_an_argument_says_only_that_it_is_one() -> None:
    short = SessionToken("short")

    assert as_json(record("token %s", short))["message"] == "token SessionToken(hidden)"


def test_a_message_that_does_not_fit_its_arguments_is_told_all_the_same() -> None:
    assert as_json(record("%d tries", "many"))["message"] == "%d tries ('many',)"


def test_what_is_no_json_is_told_as_text() -> None:
    told = as_json(record("x", ratio=float("nan"), share=0.5, kind=ValueError, none=None))

    assert told["ratio"] == "nan"
    assert told["share"] == 0.5
    assert told["kind"] == "<class 'ValueError'>"
    assert told["none"] is None


def test_an_extra_cannot_pose_as_the_level() -> None:
    assert as_json(record("x", level="info", time="never"))["level"] == "warning"


def test_an_endless_value_is_cut() -> None:
    assert len(JsonLines().format(record("x" * 100_000, path="y" * 100_000))) < 10_000
