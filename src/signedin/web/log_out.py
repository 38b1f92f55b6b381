"""Log out of the device in front of you: asked on a page, and what is left in the browser."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from signedin.asgi import log_out
from signedin.web.visit import Visit


def logout_page(visit: Visit) -> Response:
    return visit.page(
        "question.html",
        title=visit.say("Log out of this device?"),
        device=None,
        lead=visit.say("You’ll need to log in again on this device."),
        devices=[],
        more=0,
        extra=None,
        act=visit.say("Log out"),
        action=visit.url("/logout"),
        cancel=visit.home,
        danger=True,
    )


def log_out_by_form(visit: Visit) -> Response:
    log_out(visit.request)
    return to_logged_out(visit, "logged-out")


def to_logged_out(visit: Visit, done: str) -> Response:
    """To the login, with nothing of the session left in the browser."""
    response = RedirectResponse(visit.login(done=done), 303)
    visit.left(response)
    return response
