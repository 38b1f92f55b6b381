"""The JSON API for administrators: people, and what they are logged in with."""

from __future__ import annotations

from signedin.core.session import Session
from signedin.web import bodies, paging
from signedin.web.admin import bodies as admin
from signedin.web.admin import guard
from signedin.web.admin import told as admin_told
from signedin.web.admin.ending import refuse_own_account
from signedin.web.admin.people import person
from signedin.web.admin.reason import required_reason
from signedin.web.api import answer_end
from signedin.web.operations import Answer
from signedin.web.problems import INVALID
from signedin.web.server import server
from signedin.web.visit import Visit

_ROOT = "/api/v1/admin/users"
_ONE = f"{_ROOT}/{{user}}"


def find_users(visit: Visit, query: admin.Search) -> Answer[admin.UserList]:
    after = bytes.fromhex(query.cursor or "").decode("utf-8", "replace")
    users, more = server(visit).accounts.search(query.q, after=after, limit=query.limit)
    cursor = None if more is None else more.encode().hex()
    return Answer(admin.UserList([admin_told.user(visit, user) for user in users], cursor))


def list_sessions_of_user(visit: Visit, query: bodies.Page) -> Answer[admin.SessionsOfPerson]:
    def position(session: Session) -> paging.Position:
        return paging.moment(session.last_used_at), session.id

    user = person(visit)
    guard.note_view(visit, user.id)
    part, following = paging.part(visit.parts.sessions.list(user.id), position, query)
    return Answer(admin.SessionsOfPerson(admin_told.sessions(visit, part), following))


def end_sessions_of_user(visit: Visit, body: admin.EndOfPerson) -> Answer[bodies.Receipt]:
    user, by, service = person(visit), guard.administrator(visit), visit.parts.sessions
    reason = required_reason(visit, body.reason)
    if body.scope == "all":
        receipt = service.terminate_all(user.id, by=by, note=reason)
    else:
        receipt = service.terminate_selected(body.ids, user_id=user.id, by=by, note=reason)
    reaches_own = body.scope == "all" or visit.session.id in body.ids
    return answer_end(visit, receipt, own_ended=reaches_own and user.id == visit.user_id)


def disable_user(visit: Visit, body: admin.Why) -> Answer[bodies.Receipt]:
    user, reason = person(visit), required_reason(visit, body.reason)
    refuse_own_account(visit, user)
    receipt = server(visit).accounts.disable(user.id, by=guard.administrator(visit), note=reason)
    return answer_end(visit, receipt, own_ended=False)


_HOLDS = "When this has answered, no process accepts the sessions any more."

OPERATIONS = (
    guard.operation(
        find_users,
        method="GET",
        path=_ROOT,
        summary="Find people",
        description="By words of their name or e-mail address, or all of them.",
    ),
    guard.operation(
        list_sessions_of_user,
        method="GET",
        path=f"{_ONE}/sessions",
        summary="List a person’s sessions",
        description="The one used last first, without IP addresses. The look is logged.",
    ),
    guard.operation(
        end_sessions_of_user,
        acts=True,
        method="POST",
        path=f"{_ONE}/sessions/end",
        summary="End a person’s sessions",
        description=f"{_HOLDS} The person is told the reason.",
        refusals=(INVALID,),
    ),
    guard.operation(
        disable_user,
        acts=True,
        method="POST",
        path=f"{_ONE}/disable",
        summary="Disable an account",
        description=f"Nobody can log in to it any more, and its sessions end. {_HOLDS} Nobody "
        "disables the account that they use.",
        refusals=(INVALID,),
    ),
)
