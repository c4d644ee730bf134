"""How fast a body has to come: whoever begins one and does not go on holds a connection, and memory, of the service."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http.media_types import is_multipart, is_piece
from service.http.problem import ProblemType
from service.http.problem_types import BODY_TOO_SLOW, UPLOAD_TOO_SLOW


@dataclass(frozen=True)
class Pace:
    """What is asked of a client that sends a body.

    Attributes:
        grace_seconds: that it may take before a rate is asked of it.
        min_bytes_per_second: from there on, over all of the time that the service waited for it.
        max_silence_seconds: between two pieces of a body.
    """

    grace_seconds: float
    min_bytes_per_second: float
    max_silence_seconds: float

    def patience_seconds(self, received: int, waited_seconds: float) -> float:
        """How long the next piece may take, after so many bytes and seconds."""
        on_average = self.grace_seconds + received / self.min_bytes_per_second - waited_seconds
        return max(0.0, min(self.max_silence_seconds, on_average))


class BodyPaceMiddleware:
    """Refuses bodies that come too slowly (408). Only the time counts in which the service waits for the client."""

    def __init__(self, app: ASGIApp, pace: Pace) -> None:
        self._app, self._pace = app, pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            content_type = Headers(scope=scope).get("content-type", "")
            is_upload = is_multipart(content_type) or is_piece(content_type)
            receive = _paced(receive, self._pace, UPLOAD_TOO_SLOW if is_upload else BODY_TOO_SLOW)
        await self._app(scope, receive, send)


def _paced(receive: Receive, pace: Pace, too_slow: ProblemType) -> Receive:
    waited_seconds, received, is_whole = 0.0, 0, False

    async def receive_in_time() -> Message:
        nonlocal waited_seconds, received, is_whole
        if is_whole:  # what comes now is the end of the connection, whenever that is
            return await receive()
        began = time.monotonic()
        try:
            async with asyncio.timeout(pace.patience_seconds(received, waited_seconds)):
                message = await receive()
        except TimeoutError:
            detail = f"the body came to a stop or too slowly: {received} bytes in {waited_seconds:.0f} seconds"
            raise too_slow.error(detail, headers={"Connection": "close"}) from None
        finally:
            waited_seconds += time.monotonic() - began
        received += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        return message

    return receive_in_time
