"""The sessions of what an app used before are taken over: nobody is logged out, nothing revived."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from signedin.core.permission import Actor
from signedin.core.policy import Policy, WhenFull
from signedin.service.adoption import Adopted, OldSession
from signedin.wiring import Sessions
from tests.clients import CHROME, FIREFOX, client
from tests.clock import FixedClock
from tests.databases import Open, shell

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


def cookie(clock: FixedClock, text: bytes = b"signed", user: str | None = "42") -> OldSession:
    return OldSession(credential=text, user_id=user, used_at=clock.now() - HOUR, data='{"a":1}')


@pytest.fixture
def until(clock: FixedClock) -> datetime:
    return clock.now() + WEEK


def honour(sessions: Sessions, old: OldSession, until: datetime) -> Adopted | None:
    return sessions.adoption.honour(old, client(), until=until)


def honoured(sessions: Sessions, old: OldSession, until: datetime) -> Adopted:
    adopted = honour(sessions, old, until)
    assert adopted is not None
    return adopted


def is_live(sessions: Sessions, adopted: Adopted) -> bool:
    assert adopted.token is not None
    return sessions.check(adopted.token, client()).session is not None


def test_a_signed_cookie_becomes_a_session_with_its_data(
    sessions: Sessions, clock: FixedClock, until: datetime
) -> None:
    adopted = honoured(sessions, cookie(clock), until)

    (listed,) = sessions.list("42")
    assert listed.id == adopted.session.id
    assert listed.authenticated_at == clock.now() - HOUR
    assert sessions.data.read(listed.id) == '{"a":1}'
    assert is_live(sessions, adopted)
    assert adopted.device_token is not None


def test_requests_at_once_with_the_same_cookie_share_one_session(
    open_sessions: Open, clock: FixedClock, until: datetime
) -> None:
    several = [open_sessions(), open_sessions()]
    old = cookie(clock)

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda n: honour(several[n % 2], old, until), range(8)))

    assert all(answers)
    assert len({answer.session.id for answer in answers if answer}) == 1
    assert len([answer for answer in answers if answer and answer.token]) == 1
    assert len(several[0].list("42")) == 1


def test_a_copy_that_shows_up_later_ends_the_session(
    sessions: Sessions, clock: FixedClock, until: datetime
) -> None:
    old = cookie(clock)
    adopted = honoured(sessions, old, until)
    assert is_live(sessions, adopted)
    clock.advance(timedelta(seconds=31))

    assert honour(sessions, old, until) is None

    assert sessions.history("42")[0].ended.reason == "token_reused"  # type: ignore[union-attr]


def test_whatever_becomes_of_the_session_its_cookie_is_never_honoured_again(
    sessions: Sessions, open_sessions: Open, clock: FixedClock, url: str
) -> None:
    until = clock.now() + timedelta(days=365)
    old = cookie(clock)
    adopted = honoured(sessions, old, until)
    sessions.terminate(adopted.session.id, user_id="42", by=Actor.admin("root"))
    assert honour(sessions, old, until) is None

    clock.advance(timedelta(days=60))
    open_sessions().sweeper.purge()
    with shell(url) as database:
        assert database.execute("SELECT count(*) FROM signedin_sessions").fetchone() == (0,)

    assert honour(sessions, old, until) is None
    assert sessions.list("42") == []


def test_a_window_that_is_made_longer_honours_nothing_again(
    sessions: Sessions, open_sessions: Open, clock: FixedClock, until: datetime
) -> None:
    old = cookie(clock)
    adopted = honoured(sessions, old, until)
    sessions.terminate(adopted.session.id, user_id="42", by=Actor.admin("root"))

    clock.advance(WEEK + HOUR)
    open_sessions().sweeper.purge()

    assert honour(sessions, old, until + WEEK) is None
    assert sessions.list("42") == []


def test_an_answer_that_was_lost_does_not_log_out(
    sessions: Sessions, clock: FixedClock, until: datetime
) -> None:
    """Who still sends the old cookie half a minute later, and never the new one, gets another."""
    old = cookie(clock)
    lost = honoured(sessions, old, until)
    clock.advance(timedelta(seconds=29))
    assert honoured(sessions, old, until).token is None

    clock.advance(timedelta(seconds=1))
    several = [honoured(sessions, old, until) for _ in range(3)]

    assert {adopted.session.id for adopted in several} == {lost.session.id}
    assert [adopted.token is None for adopted in several] == [False, True, True]
    clock.advance(timedelta(seconds=60))
    assert is_live(sessions, several[0])
    clock.advance(timedelta(seconds=10))
    assert honoured(sessions, old, until).token is None  # it has arrived: this is late, or a copy
    clock.advance(timedelta(seconds=20))
    assert honour(sessions, old, until) is None
    assert not is_live(sessions, several[0])


def test_who_joins_an_organization_is_logged_out_nowhere(
    sessions: Sessions, clock: FixedClock, until: datetime
) -> None:
    with sessions.work() as work:
        work.set_organizations("42", ["sales"], Actor.admin("root"))

    assert honour(sessions, cookie(clock), until) is not None

    sessions.terminate_all("42", by=Actor.admin("root"))
    with sessions.work() as work:
        work.set_organizations("42", [], Actor.admin("root"))
    assert honour(sessions, cookie(clock, b"other"), until) is None


@pytest.mark.parametrize("all_ended", ["everywhere", "all at a time", "from now on"])
def test_what_ended_all_refuses_every_cookie_issued_before(
    sessions: Sessions, clock: FixedClock, until: datetime, all_ended: str
) -> None:
    admin = Actor.admin("root")
    match all_ended:
        case "everywhere":
            sessions.terminate_all("42", by=admin)
        case "all at a time":
            policy = Policy(not_before=clock.now() - HOUR / 2)
            sessions.policies.set("default", policy, by=admin, reason="a leak")
        case "from now on":
            sessions.policies.set("default", Policy(), by=admin, reason="a leak", end_earlier=True)

    assert honour(sessions, cookie(clock), until) is None
    clock.advance(HOUR * 2)
    assert honour(sessions, cookie(clock, b"later"), until) is not None


def test_all_that_one_person_ended_is_nothing_to_others(
    sessions: Sessions, clock: FixedClock, until: datetime
) -> None:
    sessions.terminate_all("42", by=Actor.admin("root"))

    assert honour(sessions, cookie(clock, user="43"), until) is not None


def test_where_there_is_no_room_nothing_is_changed(
    sessions: Sessions, clock: FixedClock, until: datetime
) -> None:
    here = sessions.start("42", client(), methods=["pwd"])
    sessions.start("42", client(FIREFOX), methods=["pwd"])
    policy = Policy(max_sessions=1, when_full=WhenFull.REFUSE)
    sessions.policies.set("default", policy, by=Actor.admin("root"), reason="a licence")
    in_this_browser = client(device=here.device_token)

    assert sessions.adoption.honour(cookie(clock), in_this_browser, until=until) is None

    assert len(sessions.list("42")) == 2


def test_nobody_is_logged_in_by_the_cookie_of_somebody_that_nobody_can_be(
    sessions: Sessions, clock: FixedClock, until: datetime
) -> None:
    for user_id in ("", "4\x002", "x" * 3000):
        assert honour(sessions, cookie(clock, user=user_id), until) is None

    assert sessions.everybodys() == []


def test_after_the_window_no_cookie_is_honoured(
    sessions: Sessions, clock: FixedClock, until: datetime
) -> None:
    clock.advance(WEEK)

    assert honour(sessions, cookie(clock), until) is None
    assert sessions.everybodys() == []


def test_a_visitors_cookie_takes_its_data_along(
    sessions: Sessions, clock: FixedClock, until: datetime
) -> None:
    adopted = honoured(sessions, cookie(clock, user=None), until)

    assert sessions.data.read(adopted.session.id) == '{"a":1}'
    assert adopted.device_token is None


def test_what_a_database_knew_is_listed_at_once_and_opened_by_its_old_key(
    sessions: Sessions, clock: FixedClock
) -> None:
    olds = [
        OldSession(
            credential=f"key {n}".encode(),
            user_id=str(n % 10),
            used_at=clock.now() - HOUR,
            ends_by=clock.now() + WEEK,
            user_agent=CHROME,
            ip_address="203.0.113.7",
        )
        for n in range(1000)
    ]

    assert sessions.adoption.take_over(olds) == 1000
    assert sessions.adoption.take_over(olds) == 0

    assert [len(sessions.list(str(user))) for user in range(10)] == [100] * 10
    assert sessions.describe(sessions.list("3")[0]).label == "Chrome on macOS"
    for old in olds[:20]:
        adopted = sessions.adoption.redeem(old.credential)
        assert adopted is not None
        assert is_live(sessions, adopted)
    assert [len(sessions.list(str(user))) for user in range(10)] == [100] * 10


def test_what_was_taken_over_before_stays_ended_however_often_the_command_runs(
    sessions: Sessions, open_sessions: Open, clock: FixedClock
) -> None:
    old = cookie(clock, b"key")
    sessions.adoption.take_over([old, old])
    adopted = sessions.adoption.redeem(b"key")
    assert adopted is not None
    sessions.terminate(adopted.session.id, user_id="42", by=Actor.admin("root"))

    clock.advance(timedelta(days=60))
    open_sessions().sweeper.purge()

    assert sessions.adoption.take_over([old]) == 0
    assert sessions.adoption.redeem(b"key") is None
    assert sessions.list("42") == []


def test_what_ended_all_keeps_out_what_is_taken_over_later(
    sessions: Sessions, clock: FixedClock
) -> None:
    sessions.terminate_all("42", by=Actor.admin("root"))

    assert sessions.adoption.take_over([cookie(clock), cookie(clock, b"other", user="43")]) == 1

    assert sessions.list("42") == []


def test_an_old_key_opens_nothing_once_its_session_was_terminated(
    sessions: Sessions, clock: FixedClock
) -> None:
    sessions.adoption.take_over([cookie(clock, b"key")])
    (session,) = sessions.list("42")

    sessions.terminate(session.id, user_id="42", by=Actor.admin("root"))

    assert sessions.adoption.redeem(b"key") is None
    assert sessions.adoption.take_over([cookie(clock, b"key")]) == 0


def test_an_old_session_past_its_limit_opens_nothing(sessions: Sessions, clock: FixedClock) -> None:
    sessions.adoption.take_over(
        [OldSession(credential=b"k", user_id="42", used_at=clock.now(), ends_by=clock.now() + HOUR)]
    )
    clock.advance(HOUR)

    assert sessions.adoption.redeem(b"k") is None
    assert sessions.list("42") == []


def test_a_key_that_nobody_knows_and_a_token_of_ours_open_nothing(sessions: Sessions) -> None:
    started = sessions.start("42", client(), methods=["pwd"])

    assert sessions.adoption.redeem(b"nonsense") is None
    assert sessions.adoption.redeem(started.token.encode()) is None
    assert sessions.check(started.token, client()).session is not None


def test_an_old_credential_is_never_printed(clock: FixedClock) -> None:
    assert "signed" not in repr(cookie(clock))
