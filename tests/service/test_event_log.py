"""The log: everything that matters is in it, in order, with what people need and no secret."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from signedin.core.event import EventKind
from signedin.core.permission import Actor
from signedin.core.policy import Policy
from signedin.core.session import Started
from signedin.wiring import Sessions
from tests.clients import FIREFOX, client

BOSS = Actor.admin("boss")
DAY = timedelta(days=1)


def start(sessions: Sessions, user_id: str = "42", agent: str = FIREFOX) -> Started:
    return sessions.start(user_id, client(agent), methods=["pwd"])


def told(sessions: Sessions) -> list[tuple[EventKind, Mapping[str, str | int | None]]]:
    return [(event.kind, dict(event.details)) for _, event in sessions.events.after(0, 1000)]


def test_an_end_tells_why_how_many_were_meant_and_what_the_person_is_told(
    sessions: Sessions,
) -> None:
    first, _ = start(sessions), start(sessions)
    sessions.terminate(first.session.id, user_id=None, by=BOSS, note="Lost laptop.")
    sessions.terminate_all("42", by=BOSS)

    assert told(sessions)[2:] == [
        (EventKind.ENDED, {"reason": "terminated", "scope": "one", "note": "Lost laptop."}),
        (EventKind.ENDED, {"reason": "terminated", "scope": "all"}),
    ]


def test_a_change_of_policy_tells_for_whom_and_why(sessions: Sessions) -> None:
    sessions.policies.set("default", Policy(), by=BOSS, reason="Fewer rules.")
    sessions.policies.set("default", Policy(), by=BOSS, reason="Leak.", end_earlier=True)

    assert told(sessions) == [
        (EventKind.POLICY_CHANGED, {"scope": "default", "reason": "Fewer rules."}),
        (
            EventKind.POLICY_CHANGED,
            {"scope": "default", "reason": "Leak.", "not_before": "now"},
        ),
    ]


def test_what_people_set_for_themselves_is_among_what_happened_to_them(
    sessions: Sessions,
) -> None:
    own = Actor.user(start(sessions).session.id)
    limit = Policy(idle_timeout=DAY)
    sessions.policies.set("user:42", limit, by=own, reason="")

    ((_, newest), _) = sessions.events.latest(10, user_id="42")
    assert (newest.kind, newest.details["scope"]) == (EventKind.POLICY_CHANGED, "user:42")


def test_the_newest_events_are_read_page_by_page(sessions: Sessions) -> None:
    for user_id in ("1", "2", "3", "4"):
        start(sessions, user_id)

    page = sessions.events.latest(3)
    rest = sessions.events.latest(3, before=page[-1][0])

    assert [event.user_id for _, event in page] == ["4", "3", "2"]
    assert [event.user_id for _, event in rest] == ["1"]


def test_one_person_s_events_are_theirs_alone(sessions: Sessions) -> None:
    for user_id in ("1", "2", "1"):
        start(sessions, user_id)

    assert len(sessions.events.latest(10, user_id="1")) == 2


def test_what_follows_on_a_position_is_read_in_order(sessions: Sessions) -> None:
    start(sessions, "1")
    ((position, _),) = sessions.events.after(0, 10)
    start(sessions, "2")
    start(sessions, "3")

    assert [event.user_id for _, event in sessions.events.after(position, 10)] == ["2", "3"]
