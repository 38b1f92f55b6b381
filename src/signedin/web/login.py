"""Log in, and the first account: the pages that need no session."""

from __future__ import annotations

from collections.abc import Collection

from starlette.responses import RedirectResponse, Response

from signedin.accounts.errors import (
    EmailTakenError,
    InvalidEmailError,
    SetupClosedError,
    TooManyAttemptsError,
    WeakPasswordError,
    WrongPasswordError,
)
from signedin.accounts.user import Authenticated
from signedin.asgi import log_in
from signedin.core.errors import CapReachedError, LoginOvertakenError
from signedin.web import times
from signedin.web.account import most_shown
from signedin.web.addresses import own_path
from signedin.web.host import HOME
from signedin.web.problems import (
    CHOICE_EXPIRED,
    OVERTAKEN,
    WRONG_CREDENTIALS,
    Refused,
    too_many_attempts,
)
from signedin.web.server import server
from signedin.web.views import marked as _
from signedin.web.visit import Visit

# Fields of the form in which somebody chooses what ends: each, or so many at once.
_CHOSEN, _END, _OLDEST = "chosen", "end-", "end_oldest"
_STATUS = {
    "logged-out": _("You’re logged out."),
    "logged-out-everywhere": _("You’re logged out on all devices."),
}
_ENDED = {
    "idle": _("You were logged out because this session was not used for too long."),
    "lifetime": _("Your session expired."),
    "policy": _("Your organization changed how long sessions last."),
}


def login_page(visit: Visit) -> Response:
    query = visit.request.query_params
    if visit.person_or_none is not None:
        return _on_to(visit, query.get("next"))
    status = _STATUS.get(query.get("done", ""))
    if status is None and "ended" in query:
        status = _ENDED.get(query["ended"], _("Your session has ended. Log in again to continue."))
    return _login_page(
        visit, status=visit.say(status) if status else None, next=own_path(query.get("next"))
    )


def log_in_by_form(visit: Visit) -> Response:
    form = visit.form
    try:
        if _CHOSEN in form:
            authenticated = _who_chose(visit)
        else:
            authenticated = authenticate(visit, form.get("email", ""), form.get("password", ""))
        end = {*_chosen(visit), *_oldest(visit, authenticated.user.id)}
        start(visit, authenticated, persistent="persistent" in form, end=end)
    except CapReachedError as full:
        return _full_page(visit, authenticated, full)
    except Refused as refused:
        problem = refused.problem
        response = _login_page(
            visit,
            problem.status,
            error=visit.say(problem.detail),
            email=form.get("email", ""),
            persistent="persistent" in form,
            next=own_path(form.get("next")),
        )
        response.headers.update(problem.headers)
        return response
    return _on_to(visit, form.get("next"))


def authenticate(visit: Visit, email: str, password: str) -> Authenticated:
    """Check credentials; the same answer for every way in which they can be wrong.

    Raises:
        Refused: They do not match, or too many did not before.
    """
    client = visit.state.client
    client.device_token = visit.state.cookie(visit.state.names.device)
    try:
        return server(visit).accounts.authenticate(
            email, password, source=client.ip_address, device_token=client.device_token
        )
    except WrongPasswordError:
        raise Refused(WRONG_CREDENTIALS) from None
    except TooManyAttemptsError as error:
        raise Refused(too_many_attempts(error.retry_after, visit.count)) from None


def start(
    visit: Visit, authenticated: Authenticated, *, persistent: bool, end: Collection[str] = ()
) -> None:
    """Start the session of somebody whose credentials were right.

    Args:
        end: What the person has chosen to end, if there is no room.

    Raises:
        CapReachedError: There is no room.
        Refused: All their sessions were ended while they logged in.
    """
    now, user_id = visit.parts.sessions.clock.now(), authenticated.user.id
    try:
        log_in(
            visit.request,
            user_id,
            methods=["pwd"],
            login=authenticated.login,
            persistent=persistent,
            organizations=server(visit).organizations.of(user_id),
            ends_by=None if persistent else now + server(visit).short_session,
            end=end,
        )
    except LoginOvertakenError:
        raise Refused(OVERTAKEN) from None
    visit.state.clear_cookie(visit.state.names.before_login)


def setup_page(visit: Visit) -> Response:
    key = visit.request.query_params.get("key", "")
    if not server(visit).accounts.opens_setup(key):
        return visit.page(
            "message.html",
            404,
            title=visit.say("This set-up link is no longer good"),
            text=visit.say(str(SetupClosedError())),
            action_label=visit.say("Log in"),
            action_url=visit.url("/login"),
        )
    return _setup_page(visit, key=key)


def set_up(visit: Visit) -> Response:
    form = visit.form
    email, password, key = form.get("email", ""), form.get("password", ""), form.get("key", "")
    try:
        server(visit).accounts.set_up(key, email, form.get("name", ""), password)
    except (InvalidEmailError, WeakPasswordError, EmailTakenError, SetupClosedError) as error:
        return _setup_page(
            visit,
            422,
            key=key,
            email=email,
            name=form.get("name", ""),
            error=visit.say(str(error)),
            wrong=_wrong_field(error),
        )
    start(visit, authenticate(visit, email, password), persistent=False)
    return visit.redirect(HOME)


def session_ended(visit: Visit) -> Response:
    return visit.page("session_ended.html")


def _on_to(visit: Visit, wanted: str | None) -> Response:
    target = own_path(wanted)
    return RedirectResponse(target, 303) if target else visit.redirect(HOME)


def _login_page(
    visit: Visit,
    code: int = 200,
    *,
    email: str = "",
    persistent: bool = False,
    error: str | None = None,
    status: str | None = None,
    next: str | None = None,
) -> Response:
    return visit.page(
        "login.html",
        code,
        email=email,
        persistent=persistent,
        error=error,
        status=status,
        next=next,
        short_hint=_short_hint(visit),
        long_hint=_kept_hint(visit),
    )


def _who_chose(visit: Visit) -> Authenticated:
    """Whose login waits for a choice in this browser.

    Raises:
        Refused: Nobody's, or it has waited too long.
    """
    try:
        return server(visit).accounts.pending.take(visit.form_secret() or "")
    except WrongPasswordError:
        raise Refused(CHOICE_EXPIRED) from None


def _chosen(visit: Visit) -> list[str]:
    return [name.removeprefix(_END) for name in visit.form if name.startswith(_END)]


def _oldest(visit: Visit, user_id: str) -> list[str]:
    """Those used longest ago, as many as were chosen to end without naming each."""
    number = visit.number(_OLDEST)
    live = visit.parts.sessions.list(user_id) if number else []
    by_use = sorted(live, key=lambda session: (session.last_used_at, session.id))
    return [session.id for session in by_use[:number]]


def _full_page(visit: Visit, authenticated: Authenticated, full: CapReachedError) -> Response:
    """There is no room: what is there, and the choice of what ends, if there is one (I7)."""
    if full.may_choose:
        server(visit).accounts.pending.keep(authenticated, visit.form_secret(make=True) or "")
    sessions, words = list(full.sessions)[: most_shown(visit)], visit.words()
    return visit.page(
        "cap.html",
        409,
        rows=words.rows(sessions, visit.parts.sessions.outlooks(sessions), current=""),
        there=len(full.sessions),
        most=full.most,
        least=len(full.sessions) + 1 - full.most,
        may_choose=full.may_choose,
        chosen=_chosen(visit),
        too_few=_CHOSEN in visit.form,
        persistent="persistent" in visit.form,
        next=own_path(visit.form.get("next")),
        field=_END,
        marker=_CHOSEN,
        oldest=_OLDEST,
        oldest_chosen=_OLDEST in visit.form,
    )


def _kept_hint(visit: Visit) -> str:
    """What "Keep me logged in" results in, said before it is chosen."""
    policy, locale = visit.parts.sessions.policies.now_for(None), visit.parts.renderer.locale
    idle = policy.idle_timeout and times.length(policy.idle_timeout, locale)
    if policy.lifetime is None:
        return visit.say("Until %(idle)s without use", idle=idle) if idle else ""
    now = visit.parts.sessions.clock.now()
    date = times.day(now + policy.lifetime, now, locale)
    if not idle:
        return visit.say("Until %(date)s", date=date)
    return visit.say("Until %(date)s, or %(idle)s without use", date=date, idle=idle)


def _short_hint(visit: Visit) -> str:
    longest = times.length(server(visit).short_session, visit.parts.renderer.locale)
    return visit.say("Until you close the browser, %(longest)s at most", longest=longest)


def _setup_page(visit: Visit, code: int = 200, *, key: str, **shown: str) -> Response:
    return visit.page(
        "setup.html",
        code,
        key=key,
        email=shown.get("email", ""),
        name=shown.get("name", ""),
        error=shown.get("error"),
        wrong=shown.get("wrong", ""),
    )


def _wrong_field(error: Exception) -> str:
    """The field of the first account that has to be filled in anew, if one has."""
    if isinstance(error, (InvalidEmailError, EmailTakenError)):
        return "email"
    return "password" if isinstance(error, WeakPasswordError) else ""
