"""WebSockets and event streams end with their session, within a second.

One task per event loop asks, twice a second, about all sessions that hold something open.
That is no use of them. It has a thread of its own, for the application may keep the loop's
busy. To the application it looks as if the client had gone away.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress

from signedin.asgi.protocol import Message, Receive, Send
from signedin.core.errors import StoreUnavailableError

log = logging.getLogger("signedin")

INTERVAL = 0.5  # seconds
POLICY_VIOLATION, TRY_AGAIN_LATER = 1008, 1013  # RFC 6455 section 7.4.1, and its registry

EndedAmong = Callable[[Collection[str]], set[str]]


class StreamEndedError(OSError):
    """What a server raises, too, when the client has gone: nothing more can be sent."""


class Stream:
    """One answer or WebSocket that stays open."""

    def __init__(self, session_id: str, send: Send, *, is_socket: bool) -> None:
        self.session_id = session_id
        self._send = send
        self._is_socket = is_socket
        self._ended = asyncio.Event()

    @property
    def has_ended(self) -> bool:
        """Whether it was closed: what the application makes of that is nobody's concern."""
        return self._ended.is_set()

    async def send(self, message: Message) -> None:
        """Pass a message on, as long as the session lives."""
        if self.has_ended:
            raise StreamEndedError("The session has ended.")
        await self._send(message)

    def receiving(self, receive: Receive) -> Receive:
        """What the application receives of a WebSocket: the client, then that it is over."""

        async def receive_until_ended() -> Message:
            message = asyncio.ensure_future(receive())
            ended = asyncio.ensure_future(self._ended.wait())
            try:
                await asyncio.wait({message, ended}, return_when=asyncio.FIRST_COMPLETED)
                if not self.has_ended:  # else whatever the client goes on sending is too late
                    return message.result()
                return {"type": "websocket.disconnect", "code": POLICY_VIOLATION, "reason": ""}
            finally:
                message.cancel()
                ended.cancel()

        return receive_until_ended

    async def end(self, code: int) -> None:
        """Close it at once."""
        self._ended.set()
        closing: Message = {"type": "http.response.body", "body": b"", "more_body": False}
        if self._is_socket:
            closing = {"type": "websocket.close", "code": code, "reason": "The session has ended."}
        with suppress(Exception):  # servers differ in what they raise when it is closed already
            await self._send(closing)


class Streams:
    """All that is open in this process."""

    def __init__(self, ended_among: EndedAmong) -> None:
        self._ended_among = ended_among
        self._open: dict[asyncio.AbstractEventLoop, set[Stream]] = {}
        self._watchers: dict[asyncio.AbstractEventLoop, asyncio.Task[None]] = {}
        self._closing: set[asyncio.Future[None]] = set()

    def add(self, stream: Stream) -> None:
        """Close ``stream`` when its session ends."""
        loop = asyncio.get_running_loop()
        self._open.setdefault(loop, set()).add(stream)
        if loop not in self._watchers:
            self._watchers[loop] = loop.create_task(self._watch(loop))

    def remove(self, stream: Stream) -> None:
        """It is over by itself."""
        self._open.get(asyncio.get_running_loop(), set()).discard(stream)

    async def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        thread = ThreadPoolExecutor(1, "signedin-streams")
        try:
            while streams := self._open[loop]:
                await self._end_those_over(set(streams), thread)
                await asyncio.sleep(INTERVAL)
        finally:
            del self._open[loop], self._watchers[loop]
            thread.shutdown(wait=False)

    async def _end_those_over(self, streams: set[Stream], thread: Executor) -> None:
        ids, loop = {stream.session_id for stream in streams}, asyncio.get_running_loop()
        try:
            over = await loop.run_in_executor(thread, self._ended_among, ids)
            code = POLICY_VIOLATION
        except Exception as error:  # in doubt, refuse
            if not isinstance(error, StoreUnavailableError):
                log.exception("it is not known which open streams have to end")
            over, code = ids, TRY_AGAIN_LATER
        # Each by itself: a client that reads slowly holds up no other.
        for stream in streams:
            if stream.session_id in over:
                self.remove(stream)
                closing = asyncio.ensure_future(stream.end(code))
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)
