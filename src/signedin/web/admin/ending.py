"""End a person's sessions, or their account: asked on a page, with a reason that they see."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.responses import Response

from signedin.accounts.user import User
from signedin.core.session import Receipt, Session
from signedin.web.admin import guard
from signedin.web.admin.bodies import REASON_LENGTH
from signedin.web.admin.notice import go_on
from signedin.web.admin.people import address, person, person_page
from signedin.web.admin.reason import NoReasonError, reason_of
from signedin.web.log_out import to_logged_out
from signedin.web.notices import Notice
from signedin.web.problems import Refused, invalid
from signedin.web.server import server
from signedin.web.visit import Visit

_NAMED = 10  # sessions that a question names; the rest is counted


def selected_page(visit: Visit) -> Response:
    query = visit.request.query_params
    ids = query.getlist("id")
    if ids:
        return _ask_selected(visit, ids)
    if "choose" not in query:
        return visit.redirect(address(person(visit)))
    return person_page(visit, 422, visit.say("Select the sessions that you want to terminate."))


def end_selected(visit: Visit) -> Response:
    user, ids = person(visit), visit.form.get("ids", "").split()

    def end(reason: str) -> Response:
        receipt = visit.parts.sessions.terminate_selected(
            ids, user_id=user.id, by=guard.administrator(visit), note=reason
        )
        own = user.id == visit.user_id and visit.session.id in ids
        return _done(visit, user, "terminated", receipt, own=own)

    return _with_reason(visit, end, lambda error: _ask_selected(visit, ids, error))


def all_page(visit: Visit) -> Response:
    return _ask_all(visit)


def end_all(visit: Visit) -> Response:
    user = person(visit)

    def end(reason: str) -> Response:
        receipt = visit.parts.sessions.terminate_all(
            user.id, by=guard.administrator(visit), note=reason
        )
        return _done(visit, user, "terminated", receipt, own=user.id == visit.user_id)

    return _with_reason(visit, end, lambda error: _ask_all(visit, error))


def disable_page(visit: Visit) -> Response:
    return _ask_disable(visit)


def disable(visit: Visit) -> Response:
    user = person(visit)
    refuse_own_account(visit, user)

    def end(reason: str) -> Response:
        by = guard.administrator(visit)
        receipt = server(visit).accounts.disable(user.id, by=by, note=reason)
        return _done(visit, user, "account-disabled", receipt, own=False)

    return _with_reason(visit, end, lambda error: _ask_disable(visit, error))


def refuse_own_account(visit: Visit, user: User) -> None:
    """Nobody disables the account that they use: the last administrator would be gone.

    Raises:
        Refused: It is the account of who asks.
    """
    if user.id == visit.user_id:
        raise Refused(invalid("You cannot disable your own account. Nothing was changed."))


def _ask_selected(visit: Visit, ids: Sequence[str], error: str | None = None) -> Response:
    user, asked = person(visit), set(ids)
    chosen = [s for s in visit.parts.sessions.list(user.id) if s.id in asked]
    if not chosen:
        return go_on(visit, address(user), Notice("terminated", already=True))
    title = visit.count(
        "Terminate %(n)s session of this person?",
        "Terminate %(n)s sessions of this person?",
        len(chosen),
    )
    ids_field = " ".join(session.id for session in chosen)
    return _question(visit, user, chosen, error, title=title, act="/end", ids=ids_field)


def _ask_all(visit: Visit, error: str | None = None) -> Response:
    user = person(visit)
    live = visit.parts.sessions.list(user.id)
    title = visit.say("Terminate all sessions of this person?")
    return _question(visit, user, live, error, title=title, act="/end-all")


def _ask_disable(visit: Visit, error: str | None = None) -> Response:
    user = person(visit)
    refuse_own_account(visit, user)
    live = visit.parts.sessions.list(user.id)
    return _question(
        visit,
        user,
        live,
        error,
        title=visit.say("Disable this account?"),
        lead=visit.say("Nobody will be able to log in to it any more."),
        button=visit.say("Disable account"),
        act="/disable",
    )


def _question(
    visit: Visit,
    user: User,
    sessions: Sequence[Session],
    error: str | None,
    *,
    title: str,
    act: str,
    lead: str | None = None,
    button: str | None = None,
    ids: str | None = None,
) -> Response:
    words, own = visit.words(), visit.session.id
    guard.note_view(visit, user.id)
    return visit.page(
        "admin/question.html",
        200 if error is None else 422,
        title=title,
        person=user,
        lead=lead,
        devices=[f"{words.device(s)} · {words.place(s)}" for s in sessions[:_NAMED]],
        more=max(0, len(sessions) - _NAMED),
        includes_own=any(session.id == own for session in sessions),
        act=button or visit.say("Terminate"),
        action=visit.url(address(user, act)),
        cancel=visit.url(address(user)),
        ids=ids,
        reason=visit.form.get("reason", ""),
        longest=REASON_LENGTH,
        error=error,
    )


def _with_reason(
    visit: Visit, act: Callable[[str], Response], ask: Callable[[str], Response]
) -> Response:
    try:
        reason = reason_of(visit.form.get("reason", ""))
    except NoReasonError as error:
        return ask(visit.say(str(error)))
    return act(reason)


def _done(visit: Visit, user: User, kind: str, receipt: Receipt, *, own: bool) -> Response:
    """Back to the person; to the login if the own session was among those that ended."""
    if own:
        return to_logged_out(visit, "logged-out")
    return go_on(visit, address(user), Notice.of(kind, receipt))
