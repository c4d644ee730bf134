"""Requests of fetchers, and servers on this machine's loopback that answer as a test says."""

from __future__ import annotations

import contextlib
import datetime
import functools
import ipaddress
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from augury.datasets.settings import IngestSettings
from augury.datasets.sources.base import Fetched, Request

HOST = "files.example"
Script = Callable[[socket.socket, str], None]
"""Answers one request: told the connection and the request's head."""


def request_for(
    folder: Path,
    reference: dict[str, Any],
    *,
    report: Callable[[str, int, int], None] = lambda _step, _done, _total: None,
    **settings: Any,
) -> Request:
    """A request with an empty workspace below *folder*."""
    workspace = folder / "workspace"
    workspace.mkdir(exist_ok=True)
    return Request(reference, workspace, IngestSettings(**settings), report)


def content_of(fetched: object) -> bytes:
    """The bytes of a fetched file, whose descriptor is closed."""
    assert isinstance(fetched, Fetched)
    with os.fdopen(fetched.descriptor, "rb") as file:
        return file.read()


def files_of(fetched: object) -> dict[str, bytes]:
    """The files of a fetched folder by their relative names."""
    assert isinstance(fetched, Fetched)
    root = Path(f"/proc/self/fd/{fetched.descriptor}").resolve()
    found = {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    os.close(fetched.descriptor)
    return found


class Server:
    """Answers every connection by a script; remembers the heads of the requests."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None, *, reads: bool = True) -> None:
        self.heads: list[str] = []
        self.connections = 0
        self._script, self._tls, self._reads = script, tls, reads
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            talking = self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
            with talking:
                head = b"" if self._reads else b"\r\n\r\n"
                while b"\r\n\r\n" not in head:
                    head += talking.recv(4096) or b"\r\n\r\n"
                if self._reads and not head.strip():
                    return  # a client that went away without a word
                self.heads.append(head.decode("latin-1"))
                self._script(talking, head.decode("latin-1"))


@contextlib.contextmanager
def serving(script: Script, *, tls: ssl.SSLContext | None = None, reads: bool = True) -> Iterator[Server]:
    """A server that ends with the block; one that does not read answers before it is asked."""
    server = Server(script, tls, reads=reads)
    try:
        yield server
    finally:
        server.close()


def answering(body: bytes = b"", *, status: str = "200 OK", headers: str = "", length: int | None = None) -> Script:
    """One answer to everything; *length* is what it claims to have, -1 for no claim."""
    claimed = "" if length == -1 else f"Content-Length: {len(body) if length is None else length}\r\n"

    def script(connection: socket.socket, _head: str) -> None:
        connection.sendall(f"HTTP/1.1 {status}\r\n{claimed}{headers}\r\n".encode() + body)

    return script


def by_target(answers: dict[str, Script]) -> Script:
    """An answer for each path; 404 for others."""

    def script(connection: socket.socket, head: str) -> None:
        answers.get(head.split(" ")[1], answering(status="404 Not Found"))(connection, head)

    return script


@functools.cache
def _authority() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an authority of the tests")])
    return key, _certificate(name, name, key, key, x509.BasicConstraints(ca=True, path_length=0))


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - datetime.timedelta(days=1),
        not_valid_after=now + datetime.timedelta(days=1),
    )
    return builder.add_extension(extension, critical=False).sign(signer, hashes.SHA256())


def server_tls(folder: Path, host: str = HOST) -> ssl.SSLContext:
    """A certificate for a host, signed by the tests' own authority."""
    signer, authority = _authority()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    names = x509.SubjectAlternativeName([x509.DNSName(host), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = _certificate(name, authority.subject, key, signer, names)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path = folder / "server.pem"
    path.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def client_tls() -> ssl.SSLContext:
    """Trusts the tests' authority and checks everything as the default does."""
    pem = _authority()[1].public_bytes(serialization.Encoding.PEM).decode()
    return ssl.create_default_context(cadata=pem)
