"""Which user ids can have sessions, the same on every engine; nothing else depends on them."""

from __future__ import annotations

import pytest

from signedin.core.errors import InvalidPolicyError, InvalidUserIdError
from signedin.core.permission import Actor
from signedin.core.policy import Policy
from signedin.core.user_id import USER_ID_SIZE
from signedin.wiring import Sessions
from tests.clients import client
from tests.policies import HOUR

ROOT = Actor.admin("root")
REFUSED = {
    "nothing": "",
    "a byte too long": "x" * (USER_ID_SIZE + 1),
    "a byte too long in another script": "é" * (USER_ID_SIZE // 2) + "x",
    "NUL": "4\x002",
    "a line feed": "42\n",
    "a C1 control": "42\x9b",
    "half a character": "42\udc80",
}
# Nothing that could be packed into less, as an index of PostgreSQL does with what repeats itself.
LONGEST = "".join(chr(0x4E00 + n) for n in range(USER_ID_SIZE // 3)) + "42"


@pytest.mark.parametrize("user_id", REFUSED.values(), ids=REFUSED)
def test_what_no_database_could_hold_or_no_log_show_begins_no_login(
    sessions: Sessions, user_id: str
) -> None:
    for log_in in (
        lambda: sessions.start(user_id, client(), methods=["pwd"]),
        lambda: sessions.begin_login(user_id),
    ):
        with pytest.raises(InvalidUserIdError, match="from 1 to 2000 bytes"):
            log_in()

    assert sessions.everybodys() == []


@pytest.mark.parametrize("user_id", REFUSED.values(), ids=REFUSED)
def test_and_has_no_policy(sessions: Sessions, user_id: str) -> None:
    with pytest.raises(InvalidPolicyError):
        sessions.policies.set(f"user:{user_id}", Policy(idle_timeout=HOUR), by=ROOT, reason="")


@pytest.mark.parametrize("user_id", [id for id in REFUSED.values() if "\udc80" not in id])
def test_ending_all_of_nobodys_sessions_ends_none(sessions: Sessions, user_id: str) -> None:
    assert sessions.terminate_all(user_id, by=ROOT).ended == 0


@pytest.mark.parametrize(
    "user_id",
    [
        "42",
        "6f1c9d0e-7f0b-4f2e-9a51-0a4e3f6b8f10",
        "josé.müller+lists@bücher.example",
        "https://accounts.example/users/42?tenant=a&b=c#me",
        "https://idp.example/realms/main|248289761001",
        r"DOMAIN\Ada Lovelace",
        " ",
        "an‍a",
        LONGEST,
    ],
)
def test_what_apps_have_is_taken_as_it_is(sessions: Sessions, user_id: str) -> None:
    login = sessions.begin_login(user_id)
    started = sessions.start(user_id, client(), methods=["pwd"], login=login)
    decision = sessions.check(started.token, client())

    assert decision.session is not None
    assert decision.session.user_id == user_id
    assert [one.id for one in sessions.list(user_id)] == [started.session.id]
    sessions.policies.set(f"user:{user_id}", Policy(idle_timeout=HOUR), by=ROOT, reason="")
    assert sessions.terminate_all(user_id, by=ROOT).ended == 1
    assert [one.id for one in sessions.history(user_id)] == [started.session.id]
