"""``python -m service``: serve the HTTP interface."""

from __future__ import annotations

import uvicorn

from augury.telemetry.logs import configure_logging
from service.server import server_options
from service.settings import ServiceSettings


def main() -> None:
    """Serve until told to stop."""
    settings = ServiceSettings()
    configure_logging()
    uvicorn.run(
        "service.main:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        **server_options(settings),
    )


if __name__ == "__main__":
    main()
