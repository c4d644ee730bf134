"""How the server is started: what it is told of connections, and which files the process may open."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import Any

import structlog

from service.connections import ConnectionLimits, Connections, GuardedProtocol
from service.settings import ServiceSettings

_OTHER_FILES = 400
"""Beside connections: of the database, of uploads and snapshots, of the broker."""
_MIN_CONNECTIONS = 16
_BACKLOG = 64
"""Connections that the system keeps until the service takes them. As many are taken at a time, and nobody is answered
meanwhile: the more there may be of them, the longer a flood keeps all others waiting."""
log = structlog.get_logger(__name__)


def server_options(settings: ServiceSettings) -> dict[str, Any]:
    """What ``uvicorn.Config`` is given besides the application and its address."""
    limits = ConnectionLimits(
        allowed_connections(settings.max_connections), settings.max_header_seconds, settings.max_silence_seconds
    )
    return {
        "http": partial(GuardedProtocol, Connections(limits)),
        "ws": "none",
        "backlog": _BACKLOG,
        "access_log": False,
        "log_config": None,
        "timeout_graceful_shutdown": 5,
        # Who comes in by the address that they connect from must not be able to say another one.
        "proxy_headers": settings.auth != "proxy",
    }


def allowed_connections(wanted: int) -> int:
    """As many of the *wanted* connections as the process may have files for, once it has asked for all it may get."""
    files = _open_files(wanted + _OTHER_FILES)
    if files is None or files >= wanted + _OTHER_FILES:
        return wanted
    allowed = max(_MIN_CONNECTIONS, files - _OTHER_FILES)
    log.warning("fewer connections than configured, as the process may open few files", allowed=allowed, files=files)
    return allowed


def _open_files(wanted: int) -> int | None:
    """How many files the process may open now; None where the system does not say."""
    try:
        import resource  # which Windows does not have
    except ImportError:
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        more = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (more, hard))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return None if soft == resource.RLIM_INFINITY else soft
