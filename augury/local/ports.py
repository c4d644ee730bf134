"""TCP ports of this machine."""

from __future__ import annotations

import os
import socket

from augury.errors import StackConflict


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on just now. Somebody else may be quicker to take it."""
    with _bind(host, 0) as listener:
        port: int = listener.getsockname()[1]
    return port


def require_free(host: str, port: int) -> None:
    """Raise `StackConflict` unless this process could listen there."""
    listening(host, port).close()


def is_free(host: str, port: int) -> bool:
    """Whether this process could listen there."""
    try:
        require_free(host, port)
    except StackConflict:
        return False
    return True


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there, to be shared by several processes; `StackConflict` where that cannot be."""
    try:
        return _bind(host, port)
    except OSError as error:
        raise StackConflict(f"cannot listen on {host} port {port}: {_reason(error)}") from error


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)


def _bind(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        # As servers do it: a port whose last connections are only timing out is free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1)
    except OSError:
        listener.close()
        raise
    return listener
