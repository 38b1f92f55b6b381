"""Starting a session: one row per browser, and no login that was overtaken (I7, §3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from signedin.core.errors import LoginOvertakenError
from signedin.core.event import Event, EventKind
from signedin.core.permission import Actor
from signedin.core.place import Place
from signedin.core.policy import organization_scope, scopes_of
from signedin.core.session import (
    HINT_LENGTH,
    USER_AGENT_LENGTH,
    Client,
    Login,
    Session,
    Sighting,
    Started,
)
from signedin.core.token import (
    ID_ENTROPY,
    TOKEN_ENTROPY,
    SessionToken,
    device_key,
    new_device_token,
    new_session_id,
    new_token,
    token_hash,
)
from signedin.core.user_id import check_user_id
from signedin.service.cap import make_room
from signedin.service.clock import Clock
from signedin.service.ports import Transaction
from signedin.service.work import Work


def start(
    work: Work,
    client: Client,
    *,
    user_id: str | None,
    login: Login | None,
    clock: Clock,
    place: Place,
    methods: tuple[str, ...],
    persistent: bool,
    organizations: tuple[str, ...],
    ends_by: datetime | None,
    data: str | None,
    replaces: str | None,
    remember_browser: bool,
    end: Collection[str],
    opened_by: bytes | None = None,
    authenticated_at: datetime | None = None,
) -> Started:
    """Insert the new session and end, as ``replaced``, those it takes the place of.

    ``opened_by`` is the hash of an old credential that opens it, instead of the new token.

    Raises:
        InvalidUserIdError: Nobody can have this user id.
        InvalidPolicyError: That is no name for an organization.
        CapReachedError: The person has as many sessions as the policy allows.
        LoginOvertakenError: All of them were ended since ``login``.
    """
    transaction, now = work.transaction, clock.now()
    for name in organizations:
        organization_scope(name)  # no policy could name another
    if user_id is not None:
        check_user_id(user_id)
        transaction.lock_person(user_id)
    generation = transaction.generation()
    if login is not None:
        generation = login.generation
        _refuse_if_overtaken(transaction, scopes_of(user_id, organizations), login)
    browser = _browser(client, clock) if remember_browser and user_id is not None else None
    key = device_key(browser)
    token = new_token(clock.entropy(TOKEN_ENTROPY))
    seen = Sighting(client.ip_address, place)
    began = now if login is None else login.at
    replaced = _replaced(transaction, user_id, key, replaces, began)
    session = Session(
        id=new_session_id(now, clock.entropy(ID_ENTROPY)),
        user_id=user_id,
        organizations=dict.fromkeys(organizations, now),
        generation=generation,
        created_at=now,
        authenticated_at=authenticated_at or now,
        last_used_at=now,
        persistent=persistent,
        ends_by=ends_by,
        methods=methods,
        user_agent=bounded(client.user_agent, USER_AGENT_LENGTH),
        client_hints=bounded_hints(client.client_hints),
        first_seen_from=seen,
        last_seen_from=seen,
        name=next((old.name for old in replaced if old.user_id == user_id and old.name), None),
    )
    actor = Actor.user(session.id)
    for old in replaced:
        if data is None and old.user_id is None:
            data = transaction.data_of(old.id)
        work.replace(old, actor)
    ended = [old.id for old in replaced]
    ended += make_room(work, session, end)
    opener = opened_by or token_hash(token)
    transaction.insert(session, token_hash=opener, device_key=key, data=data)
    transaction.record(
        Event(
            kind=EventKind.STARTED,
            at=now,
            actor=actor,
            user_id=session.user_id,
            session_id=session.id,
        )
    )
    return Started(session, token, browser, tuple(ended))


def bounded_hints(hints: Mapping[str, str]) -> dict[str, str]:
    """The client hints that are kept, none longer than what an honest browser sends."""
    return {n: bounded(value, HINT_LENGTH) for n, value in hints.items() if n in KEPT_HINTS}


def bounded(text: str, length: int) -> str:
    """What is kept of a text that a client sent: so much of it, and nothing unwritable."""
    return text[:length].encode("utf-8", "replace").decode().replace("\0", "?")


KEPT_HINTS = frozenset(
    {
        "sec-ch-ua",
        "sec-ch-ua-full-version-list",
        "sec-ch-ua-mobile",
        "sec-ch-ua-model",
        "sec-ch-ua-platform",
        "sec-ch-ua-platform-version",
    }
)


def _refuse_if_overtaken(transaction: Transaction, scopes: list[str], login: Login) -> None:
    """Generations decide, so no clock can let a login through (freshness.md, both 8)."""
    if any(transaction.scope_generation(scope) > login.generation for scope in scopes):
        raise LoginOvertakenError(
            "Your account or your sessions were changed while you logged in. Log in again."
        )


def _browser(client: Client, clock: Clock) -> SessionToken:
    """The browser's own device token if it sent one that we could have made, else a new one."""
    if client.device_token is not None and device_key(client.device_token) is not None:
        return SessionToken(client.device_token)
    return new_device_token(clock.entropy(TOKEN_ENTROPY))


def _replaced(
    transaction: Transaction,
    user_id: str | None,
    key: bytes | None,
    presented: str | None,
    began: datetime,
) -> list[Session]:
    """The session whose cookie the login presents, and the same person's in this browser.

    Of two logins at once in one browser neither replaces the other: nobody knows whose cookie
    the browser will keep. The next login there does.
    """
    replaced = {}
    found = transaction.by_token(token_hash(presented)) if presented is not None else None
    if found is not None and found.session.ended is not None:
        transaction.let_all_hear()
    elif found is not None:
        replaced[found.session.id] = found.session
    if user_id is not None and key is not None:
        for session in transaction.live_in_browser(user_id, key):
            if session.created_at <= began:
                replaced[session.id] = session
    return list(replaced.values())
