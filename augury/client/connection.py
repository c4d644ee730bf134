"""One HTTP exchange with the service: retried while that is safe, and turned into a model or an error."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, ValidationError

from api_schemas.service.problems import Problem
from augury.client.packing import Watched
from augury.client.trouble import Trouble
from augury.errors import NothingToSend, RequestRefused, ServiceFailed, ServiceUnreachable, describe
from augury.files import writing_atomically

Answer = TypeVar("Answer", bound=BaseModel)
Outcome = TypeVar("Outcome")

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
UPLOAD_SECONDS = 600.0
"""The service stores a file, perhaps in a bucket, before it answers."""
UNAVAILABLE = frozenset({502, 503, 504})
"""The service, or the proxy before it, says that it is not up right now."""


class Connection:
    """A pool of connections to one service.

    Every request the client makes may be sent twice: reads and cancels are idempotent, and a submission carries
    an idempotency key. So all of them are retried alike.
    """

    def __init__(self, url: str, key: str | None = None) -> None:
        """Prepare for *url*; nothing is sent yet. Every request will carry the *key*, if there is one.

        Raises:
            NothingToSend: it has characters in it that no key has.
        """
        self.url = url
        headers = {"Authorization": f"Bearer {_plain(key)}"} if key else {}
        timeout = httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
        try:
            self._http = httpx2.Client(
                base_url=url,
                timeout=timeout,
                headers=headers,
                verify=_authorities(url),
                trust_env=not _is_loopback(url),  # a proxy from there cannot reach this machine's loopback interface
            )
        except httpx2.InvalidURL as error:
            raise ServiceUnreachable(f"not a URL like http://127.0.0.1:8000: {url}") from error

    def close(self) -> None:
        """Close the pool."""
        self._http.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        patience: float,
        hold: float = 0,
        json: Mapping[str, Any] | None = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """Send until there is an answer that means something, or until *patience* seconds of trouble are over.

        *hold* is how long the service was asked to keep the answer back.
        """
        request = self._http.build_request(
            method,
            path,
            json=json,
            params=params,
            headers=headers,
            timeout=httpx2.Timeout(READ_SECONDS + hold, connect=CONNECT_SECONDS),
        )
        return _persist(lambda: self._send(request), patience)

    def upload(
        self,
        path: str,
        name: str,
        file: Watched,
        fields: Mapping[str, str],
        *,
        patience: float,
        headers: Mapping[str, str],
    ) -> httpx2.Response:
        """Send a file and fields as a form, piece by piece, and from its start again where that breaks off."""
        request = self._http.build_request(
            "POST",
            path,
            files={"file": (name, file)},  # type: ignore[dict-item]  # it is all of a file that is used
            data=fields,
            headers=headers,
            timeout=httpx2.Timeout(UPLOAD_SECONDS, connect=CONNECT_SECONDS),
        )
        return _persist(lambda: self._send(request), patience)

    def send_piece(self, path: str, offset: int, content: bytes) -> httpx2.Response | ServiceUnreachable:
        """Send bytes of an upload once, which begin there in its file. Where that fails, ask how much has come."""
        headers = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
        timeout = httpx2.Timeout(UPLOAD_SECONDS, connect=CONNECT_SECONDS)
        return self._send(self._http.build_request("PATCH", path, content=content, headers=headers, timeout=timeout))

    def download(self, path: str, target: Path, *, patience: float) -> int:
        """Write a body to a file, which is there only when it is complete; its size. What breaks off begins anew."""
        return _persist(lambda: self._fetch(path, target), patience)

    @contextmanager
    def streaming(self, path: str, headers: Mapping[str, str], silence_seconds: float) -> Iterator[httpx2.Response]:
        """An answer that is read as it comes, with at most so many seconds of silence in it. It is asked for once."""
        timeout = httpx2.Timeout(silence_seconds, connect=CONNECT_SECONDS)
        try:
            with self._http.stream("GET", path, headers=dict(headers), timeout=timeout) as response:
                yield response
        except httpx2.UnsupportedProtocol as error:
            raise ServiceUnreachable(f"not a URL like http://127.0.0.1:8000: {self.url}") from error

    def _fetch(self, path: str, target: Path) -> int | ServiceUnreachable:
        try:
            with self._http.stream("GET", path) as response:
                if not response.is_success:
                    response.read()
                    if response.status_code in UNAVAILABLE:
                        return ServiceUnreachable(f"{self.url} is not available: {_reason(response)}")
                    self.content(response)
                with writing_atomically(target) as file:
                    return sum(file.write(block) for block in response.iter_bytes())
        except httpx2.UnsupportedProtocol as error:
            raise ServiceUnreachable(f"not a URL like http://127.0.0.1:8000: {self.url}") from error
        except httpx2.RequestError as error:
            return ServiceUnreachable(f"cannot reach {self.url}: {str(error) or type(error).__name__}")

    def _send(self, request: httpx2.Request) -> httpx2.Response | ServiceUnreachable:
        try:
            response = self._http.send(request)
        except httpx2.UnsupportedProtocol as error:
            raise ServiceUnreachable(f"not a URL like http://127.0.0.1:8000: {self.url}") from error
        except httpx2.RequestError as error:
            return ServiceUnreachable(f"cannot reach {self.url}: {str(error) or type(error).__name__}")
        if response.status_code in UNAVAILABLE:
            return ServiceUnreachable(f"{self.url} is not available: {_reason(response)}")
        return response

    def read(self, model: type[Answer], response: httpx2.Response) -> Answer:
        """The body as *model*, or the error that it stands for."""
        content = self.content(response)
        try:
            # A newer service may say more than this client knows.
            return model.model_validate_json(content, extra="ignore")
        except ValidationError as error:
            raise ServiceFailed(f"{self.url} does not answer like Augury: {_first(error)}") from error

    def content(self, response: httpx2.Response) -> bytes:
        """The body as it is, or the error that it stands for."""
        if response.is_success:
            return response.content
        problem = problem_of(response)
        if problem is not None and response.is_client_error:
            raise RequestRefused(problem)
        raise ServiceFailed(f"{response.request.url} failed: {_reason(response)}")


def path_of(noun: str, identifier: str) -> str:
    """Where one of the *noun*'s things is; whatever is in the id stays one segment of the path."""
    return f"/v1/{noun}/{quote(identifier, safe='')}"


def _plain(key: str) -> str:
    """The key without what surrounds it in files. It is in no message, as messages are shown and kept."""
    key = key.strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise NothingToSend("the key of AUGURY_API_KEY or --api-key is none: it has characters that no key has")
    return key


def _persist(attempt: Callable[[], Outcome | ServiceUnreachable], patience: float) -> Outcome:
    """Try until it works, or until *patience* seconds of trouble are over."""
    trouble = Trouble(patience)
    while True:
        outcome = attempt()
        if not isinstance(outcome, ServiceUnreachable):
            return outcome
        trouble.bear(outcome)


def problem_of(response: httpx2.Response) -> Problem | None:
    """What the service complains of in an answer; None where it is no complaint of Augury's."""
    try:
        return Problem.model_validate_json(response.content, extra="ignore")
    except ValidationError:
        return None


def _reason(response: httpx2.Response) -> str:
    problem = problem_of(response)
    return describe(problem) if problem else f"{response.status_code} {response.reason_phrase}".rstrip()


def _first(error: ValidationError) -> str:
    line = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(step) for step in line["loc"])
    return f"{where}: {line['msg']}" if where else line["msg"]


def _authorities(url: str) -> ssl.SSLContext | bool:
    """Who vouches for a service: over https the usual ones, over http, where nothing is proved, nobody.

    To load the usual ones takes longer than all else that a client is made of. Redirects are not followed.
    """
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if httpx2.URL(url).scheme == "http" else True


def _is_loopback(url: str) -> bool:
    host = httpx2.URL(url).host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
