"""``request.session`` of Starlette and its kin, kept in the session on the server.

It is read when it is first looked at, and what was changed is written before the answer
begins. In a WebSocket it can be read; what is changed there is not kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from enum import Enum

from signedin.asgi.functions import KEY
from signedin.asgi.protocol import App, Message, Receive, Scope, Send, send_text
from signedin.core.app_data import AppData
from signedin.core.origin import SAFE_METHODS
from signedin.request import DataSettings, RequestState
from signedin.saving import NOT_SAVED, refusal, save


class RequestSession:
    """Puts the session's data into the scope, and keeps what the application changes.

    Args:
        ahead: Read what is not held in a worker thread before the application runs, because the
            database is on another machine and reading would hold up everybody else's requests.
    """

    def __init__(self, app: App, settings: DataSettings, *, ahead: bool) -> None:
        self._app = app
        self._settings = settings
        self._ahead = ahead

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        state: RequestState = scope[KEY]
        data = scope["session"] = AppData(state.load_data)
        if self._ahead and not state.take_held_data():
            await asyncio.to_thread(state.load_data_ahead)
        if self._settings.user_key and scope.get("method", "GET") not in SAFE_METHODS:
            if self._ahead:
                await asyncio.to_thread(state.begin_login)
            else:
                state.begin_login()
        saved = refused = False

        def send_when_saved(message: Message) -> Awaitable[None]:
            nonlocal saved
            if saved or message["type"] != "http.response.start":
                return _nothing() if refused else send(message)
            saved = True
            if scope.get("session") is not data:
                _replace(data, scope.get("session"))
            return send(message) if data.change() is None else save_and_send(message)

        async def save_and_send(message: Message) -> None:
            nonlocal refused
            try:
                await asyncio.to_thread(save, state, data, self._settings)
            except NOT_SAVED as error:
                refused = True
                await send_text(send, *await asyncio.to_thread(refusal, state, error))
            else:
                await send(message)

        await self._app(scope, receive, send_when_saved)


def _replace(data: AppData, given: object) -> None:
    """The application set the whole, as by Litestar's ``set_session`` and ``clear_session``."""
    if not (given is None or isinstance(given, Mapping | Enum)):  # Litestar's "empty" is an Enum
        raise TypeError(f"A session holds a mapping of keys to values, not {type(given).__name__}.")
    data.clear()
    data.update(given if isinstance(given, Mapping) else {})


async def _nothing() -> None:
    """Sent instead of what the refused application says."""
