"""``python -m service``: serve the HTTP interface."""

from __future__ import annotations

import gc
import socket
import sys
from contextlib import suppress

import uvicorn

from augury.memory import keep_from_collection, use_few_heaps
from augury.telemetry import traces
from augury.telemetry.logs import configure_logging
from service.auth.doors import are_keys_needed
from service.auth.members import SettingError
from service.auth.oidc.provider import Provider
from service.auth.oidc.settings import OidcSettings
from service.auth.start import NotProtectedError, require_protected
from service.server import server_options
from service.settings import ServiceSettings
from store import migrate
from store.database import Database

_NOT_STARTED = 3
"""As the server's own command has it."""


class Server(uvicorn.Server):
    """Has garbage collection pass over what was loaded and made before the first request."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen."""
        await super().startup(sockets)
        keep_from_collection()
        gc.enable()


def main() -> int:
    """Serve until told to stop; 2 where that would be open to more than the operator has said."""
    use_few_heaps()
    gc.disable()  # until all is loaded: a sixth of what the start takes would go into looking for garbage among it
    settings = ServiceSettings()
    configure_logging(settings.log_format)
    try:
        traces.configure("augury-api", are_on=settings.traces)
        _require_protected(settings)
    except (NotProtectedError, SettingError, traces.TracesNotInstalledError) as error:
        print(f"augury: {error}", file=sys.stderr)
        return 2
    config = uvicorn.Config(
        "service.main:create_app", factory=True, host=settings.host, port=settings.port, **server_options(settings)
    )
    server = Server(config)
    with suppress(KeyboardInterrupt):
        server.run(None if settings.listen_fd is None else [socket.socket(fileno=settings.listen_fd)])
    return 0 if server.started else _NOT_STARTED


def _require_protected(settings: ServiceSettings) -> None:
    """As the application does when it starts, whose refusal would come with a traceback."""
    is_issuer_named = Provider.of(settings, OidcSettings()) is not None
    if are_keys_needed(settings) and not is_issuer_named:
        database = Database(settings.resolved_database_url)
        migrate.make_ready(database, settings.schema_patience_seconds)
        require_protected(settings, database)
        database.close()


if __name__ == "__main__":
    sys.exit(main())
