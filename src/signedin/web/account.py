"""Settings > Account: the list of active sessions, and the acts on it without scripts."""

from __future__ import annotations

from typing import Any

from babel.dates import format_skeleton
from starlette.responses import Response

from signedin.core.errors import InvalidNameError, SessionNotFoundError
from signedin.core.session import Session
from signedin.web import times
from signedin.web.facts import banner, facts
from signedin.web.host import HOME
from signedin.web.log_out import to_logged_out
from signedin.web.notices import Notice, seal, unseal
from signedin.web.own_limit import choices
from signedin.web.views import Row
from signedin.web.visit import Visit

_NAMED = 10  # devices that a question names; the rest is counted
_SHOWN = 200  # sessions of a person on a page


def account_page(visit: Visit) -> Response:
    locale, changed = visit.parts.renderer.locale, visit.person.password_changed_at
    now = visit.parts.sessions.clock.now()
    told = None if changed is None else times.on_day(changed, now, locale)
    return visit.page("account.html", password_changed=told, **sessions_shown(visit))


def sessions_shown(visit: Visit) -> dict[str, Any]:
    """What ``_sessions.html`` and ``_texts.html`` are drawn from."""
    words, service, locale = visit.words(), visit.parts.sessions, visit.parts.renderer.locale
    live, ended = service.list(visit.user_id), service.history(visit.user_id)
    current = visit.session.id
    shown = sorted(live, key=lambda session: session.id != current)[: most_shown(visit)]
    notice = unseal(visit.request.query_params.get("done"), visit.token)
    return {
        "rows": words.rows(shown, service.outlooks(shown), current=current),
        "count": len(live),
        "own_limits": choices(visit),
        "ended": words.history(ended, live),
        "history_kept": times.length(service.retention.history, locale),
        "attribution": _attribution(visit),
        "notice": None if notice is None else banner(notice, visit, locale),
    }


def most_shown(visit: Visit) -> int | None:
    """How many of a person's sessions a page shows, until somebody asks for all."""
    return None if visit.request.query_params.get("show") == "all" else _SHOWN


def session_page(visit: Visit) -> Response:
    service, session = visit.parts.sessions, visit.own_session()
    told = facts(
        session,
        visit.words(),
        outlook=service.outlooks([session])[session.id],
        addresses_kept=service.retention.addresses,
        locale=visit.parts.renderer.locale,
        say=visit.say,
        now=service.clock.now(),
    )
    row, attribution = _row(visit, session), _attribution(visit)
    return visit.page("session.html", row=row, facts=told, attribution=attribution)


def terminate_page(visit: Visit) -> Response:
    session, words = visit.own_session(), visit.words()
    if session.id == visit.session.id:
        return visit.redirect("/logout")
    return _question(
        visit,
        title=visit.say("Terminate this session?"),
        device=f"{words.device(session)} · {words.place(session)}",
        extra=visit.say("Unsaved work there may be lost."),
        act=visit.say("Terminate"),
        action=f"/sessions/{session.id}/terminate",
    )


def terminate(visit: Visit) -> Response:
    service, session_id = visit.parts.sessions, visit.session_id
    try:
        device = visit.words().device(service.get(session_id, user_id=visit.user_id))
    except SessionNotFoundError:
        device = ""  # ended meanwhile, or nothing of this person's: terminate knows which
    receipt = service.terminate(session_id, user_id=visit.user_id, by=visit.actor)
    if session_id == visit.session.id:
        return to_logged_out(visit, "logged-out")
    return back(visit, Notice.of("terminated", receipt, device))


def others_page(visit: Visit) -> Response:
    others = other_sessions(visit)
    return _question(
        visit,
        others,
        title=visit.count(
            "Log out of %(n)s other session?", "Log out of %(n)s other sessions?", len(others)
        ),
        lead=visit.say("These devices will need to log in again:"),
        act=visit.say("Log out of all other sessions"),
        action="/sessions/end-others",
    )


def end_others(visit: Visit) -> Response:
    receipt = visit.parts.sessions.terminate_all(
        visit.user_id, keep=visit.session.id, by=visit.actor
    )
    return back(visit, Notice.of("others", receipt))


def everywhere_page(visit: Visit) -> Response:
    return _question(
        visit,
        [visit.session, *other_sessions(visit)],
        title=visit.say("Log out everywhere?"),
        lead=visit.say("These devices will need to log in again:"),
        extra=visit.say("This includes the device you’re using now."),
        act=visit.say("Log out everywhere"),
        action="/sessions/end-all",
    )


def end_all(visit: Visit) -> Response:
    visit.parts.sessions.terminate_all(visit.user_id, by=visit.actor)
    return to_logged_out(visit, "logged-out-everywhere")


def rename_page(visit: Visit) -> Response:
    session = visit.own_session()
    return _rename_page(visit, session, name=session.name or "")


def rename(visit: Visit) -> Response:
    session, name = visit.own_session(), visit.form.get("name", "")
    try:
        visit.parts.sessions.rename(session.id, name, user_id=visit.user_id, by=visit.actor)
    except InvalidNameError as error:
        return _rename_page(visit, session, 422, name=name, error=visit.say(str(error)))
    return visit.to_home()


def help_page(visit: Visit) -> Response:
    return visit.page("help.html")


def _question(
    visit: Visit,
    named: list[Session] | None = None,
    *,
    title: str,
    act: str,
    action: str,
    device: str | None = None,
    lead: str | None = None,
    extra: str | None = None,
) -> Response:
    """The page that asks before an act, for those without scripts."""
    words, sessions = visit.words(), named or []
    return visit.page(
        "question.html",
        title=title,
        device=device,
        lead=lead,
        devices=[f"{words.device(s)} · {words.place(s)}" for s in sessions[:_NAMED]],
        more=max(0, len(sessions) - _NAMED),
        extra=extra,
        act=act,
        action=visit.url(HOME + action),
        cancel=visit.home,
        danger=True,
    )


def _rename_page(
    visit: Visit, session: Session, code: int = 200, *, name: str, error: str | None = None
) -> Response:
    return visit.page("rename.html", code, row=_row(visit, session), name=name, error=error)


def _row(visit: Visit, session: Session) -> Row:
    outlooks = visit.parts.sessions.outlooks([session])
    return visit.words().rows([session], outlooks, current=visit.session.id)[0]


def back(visit: Visit, notice: Notice) -> Response:
    return visit.to_home(done=seal(notice, visit.token))


def other_sessions(visit: Visit) -> list[Session]:
    live = visit.parts.sessions.list(visit.user_id)
    return [session for session in live if session.id != visit.session.id]


def _attribution(visit: Visit) -> dict[str, str] | None:
    attribution = visit.parts.places.attribution
    if attribution is None:
        return None
    built = format_skeleton("yMMMM", attribution.built, locale=visit.parts.renderer.locale)
    return {"text": attribution.text, "url": attribution.url, "date": str(built)}
