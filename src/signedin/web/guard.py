"""What stands before every page: the same-origin proof, and the headers that browsers obey."""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from signedin.asgi import request_state
from signedin.core.origin import SAFE_METHODS, is_same_origin
from signedin.web.problems import NOT_SAME_ORIGIN, Refused

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action {forms}; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"


class SecurityHeaders:
    """Adds the headers of security.md 1G to every answer.

    Args:
        https: Whether the whole host shall be asked over https alone.
        forms_lead_to: Another origin that the answer to a form may lead on to.
    """

    def __init__(self, app: ASGIApp, *, https: bool, forms_lead_to: str | None = None) -> None:
        self._app = app
        forms = "'self'" if forms_lead_to is None else f"'self' {forms_lead_to}"
        self._headers = {"Content-Security-Policy": _POLICY.format(forms=forms), **_HEADERS}
        if https:
            self._headers["Strict-Transport-Security"] = _STRICT_TRANSPORT

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def refuse_foreign(request: Request, origins: Collection[str]) -> None:
    """Refuse what could change something unless the browser says that our page sent it (I10).

    A request that carries none of our cookies needs no proof: it acts for nobody.

    Raises:
        Refused: It carries one, and no proof.
    """
    if request.method in SAFE_METHODS:
        return
    state = request_state(request)
    sent, names = state.cookie_header.decode("latin-1"), state.names
    ours = (names.session, names.device, names.before_login)
    proved = is_same_origin(
        fetch_site=request.headers.get("sec-fetch-site"),
        origin=request.headers.get("origin"),
        own_origins=origins,
    )
    if not proved and any(f"{name}=" in sent for name in ours):
        raise Refused(NOT_SAME_ORIGIN)
