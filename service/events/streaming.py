"""The answer that is a stream: what a listener hears, as it comes, until one of them has had enough."""

from __future__ import annotations

import asyncio

from fastapi.sse import EventSourceResponse
from starlette.types import Receive, Scope, Send

from api_schemas.jobs import JobState
from service.watching.frames import HEARTBEAT, done_frame, opening
from service.watching.listener import Listener
from service.watching.streams import Streams

HEARTBEAT_SECONDS = 15.0
"""Of silence, before a comment is sent: shorter than proxies wait for."""
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class EventStream(EventSourceResponse):
    """Sends what *listener* hears, and closes it in the end.

    It waits in one task for all that may happen, and holds no thread. A client that takes nothing of it is cut off by
    ``service.connections``; what it has missed is in the database when it comes again.

    Args:
        streams: to which the listener belongs.
        listener: an open one.
        is_followed: whether to wait for what is to come; else it ends with what there is.
    """

    def __init__(self, streams: Streams, listener: Listener, *, is_followed: bool) -> None:
        super().__init__((), headers=_HEADERS)
        self._streams, self._listener, self._is_followed = streams, listener, is_followed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        gone = asyncio.create_task(_until_gone(receive))
        gone.add_done_callback(lambda _: self._listener.end())
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await self._send_all(send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._streams.close(self._listener)
            gone.cancel()
            await asyncio.wait([gone])

    async def _send_all(self, send: Send) -> None:
        streams, listener, is_open = self._streams, self._listener, False
        while not listener.is_ended:
            heard = await streams.take(listener)
            content = b"".join(each.frame for each in heard)
            if not is_open and listener.position is not None:
                content, is_open = opening(listener.position if not heard else heard[0].sequence - 1) + content, True
            if streams.is_over(listener):
                assert listener.job_id is not None
                assert listener.last_type is not None
                content += done_frame(listener.job_id, JobState(listener.last_type), listener.position or 0)
                listener.end()
            elif is_open:
                content += streams.progress_of(listener) or b""
            if content:
                await send({"type": "http.response.body", "body": content, "more_body": True})
            if streams.has_all(listener) and not self._is_followed:
                return
            if not await listener.wait(HEARTBEAT_SECONDS):
                await send({"type": "http.response.body", "body": HEARTBEAT, "more_body": True})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
