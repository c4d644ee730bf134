"""How the service's process starts."""

from __future__ import annotations

import gc
from typing import Any

import uvicorn

from service.__main__ import Server
from tests.servers import free_port, running_in_thread, wait_for


async def _application(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def test_what_was_loaded_at_the_start_is_not_looked_through_for_garbage() -> None:
    """Which would hold up all that are being answered; garbage of requests is collected as ever."""
    before = gc.get_freeze_count()
    gc.disable()
    try:
        with running_in_thread(Server(uvicorn.Config(_application, port=free_port(), log_config=None, lifespan="off"))):
            wait_for(gc.isenabled, "the collector to begin")
            assert gc.get_freeze_count() > before
    finally:
        gc.enable()
        gc.unfreeze()
