"""A form with one file in it, taken piece by piece: the file goes to disk and is hashed on the way."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from api_schemas.base import nearest_name
from augury.field_problems import shown
from service.http.problem import ProblemError
from service.http.problem_types import BODY_TOO_LARGE, INVALID_REQUEST, MALFORMED_MULTIPART

FILE = "file"
_MAX_FIELD_BYTES = 2**14
_PLAIN_ENCODINGS = frozenset({"", "binary", "8bit", "7bit"})


def _ignore(_data: bytes) -> None:
    """The content of a part before its headers are known, which there is none of."""


@dataclass
class _Part:
    """The part that is being read; *write* takes its content."""

    headers: dict[str, str] = field(default_factory=dict)
    name: str = ""
    write: Callable[[bytes], None] = _ignore


class FileForm:
    """Takes a multipart body. The file lies in *path*, in a folder of the caller's, until `discard`.

    Every method raises `ProblemError` for a form that is not as expected, naming the part; an OSError of the disk
    passes through.
    """

    def __init__(
        self, content_type: str, folder: Path, fields: Collection[str], max_bytes: int, too_large: str
    ) -> None:
        """Prepare for a body of that *content_type*.

        Parameters:
            fields: The names that parts beside ``file`` may have.
            max_bytes: Bytes that the file may have.
            too_large: What is said of a larger one.
        """
        self.fields: dict[str, str] = {}
        self.size = 0
        self._known, self._max_bytes, self._too_large = [FILE, *fields], max_bytes, too_large
        self._digest = hashlib.sha256()
        self._contents: dict[str, bytearray] = {}
        self._has_file = self._is_over = False
        self._part, self._header, self._number = _Part(), [b"", b""], 0
        self._parser = _parser(content_type, self._callbacks())
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = NamedTemporaryFile(dir=folder, delete=False)  # noqa: SIM115 - closed by discard
        self.path = Path(self._file.name)

    @property
    def sha256(self) -> str:
        """Of the file as far as it was taken, in hexadecimal."""
        return self._digest.hexdigest()

    def feed(self, data: bytes) -> None:
        """Take the next piece of the body."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise _malformed(str(error)) from None

    def finish(self) -> None:
        """The body has ended: look whether everything is there."""
        if not self._is_over:
            raise _malformed("it ends before its last boundary; the upload was cut off")
        if not self._has_file:
            raise _refused(FILE, "got nothing, expected a part of this name with the file")
        if not self.size:
            raise _refused(FILE, "got an empty file")
        self._file.flush()
        self.fields = {name: self._text(name, content) for name, content in self._contents.items()}

    def discard(self) -> None:
        """Remove the file, if it was not moved away."""
        with contextlib.suppress(OSError):  # closing writes what a full disk has not taken yet
            self._file.close()
        self.path.unlink(missing_ok=True)

    def _callbacks(self) -> dict[str, Callable[..., None]]:
        return {
            "on_part_begin": self._begin_part,
            "on_header_begin": self._begin_header,
            "on_header_field": lambda data, start, end: self._extend_header(0, data[start:end]),
            "on_header_value": lambda data, start, end: self._extend_header(1, data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._begin_content,
            "on_part_data": lambda data, start, end: self._part.write(data[start:end]),
            "on_end": self._end,
        }

    def _begin_part(self) -> None:
        self._part = _Part()
        self._number += 1

    def _begin_header(self) -> None:
        self._header = [b"", b""]

    def _extend_header(self, side: int, data: bytes) -> None:
        self._header[side] += data

    def _end_header(self) -> None:
        name, value = (text.decode("latin-1").strip() for text in self._header)
        self._part.headers[name.lower()] = value

    def _end(self) -> None:
        self._is_over = True

    def _begin_content(self) -> None:
        """The headers of a part are known: decide where its content goes, or refuse it."""
        disposition, options = parse_options_header(self._part.headers.get("content-disposition"))
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if disposition != b"form-data" or not name:
            raise _malformed(f"part {self._number} has no Content-Disposition: form-data with a name")
        self._part.name = name
        self._require_expected()
        if name == FILE:
            self._begin_file(options)
        else:
            self._contents[name] = bytearray()
            self._part.write = self._extend_field

    def _require_expected(self) -> None:
        """The part's name is known and new, and its content is sent as it is."""
        name = self._part.name
        if name not in self._known:
            hint = nearest_name(name, self._known)
            meant = f"did you mean '{hint}'?" if hint else f"known are {', '.join(self._known)}"
            raise _refused(name, f"unknown part; {meant}")
        if name in self._contents or (name == FILE and self._has_file):
            raise _refused(name, "the part came twice, expected it once")
        encoding = self._part.headers.get("content-transfer-encoding", "").lower()
        if encoding not in _PLAIN_ENCODINGS:
            raise _refused(name, f"got Content-Transfer-Encoding {shown(encoding)}, expected the bytes as they are")

    def _begin_file(self, options: Collection[bytes]) -> None:
        if b"filename" not in options:
            raise _refused(FILE, "got a plain field, expected a file; with curl: -F file=@flowers.zip")
        self._has_file = True
        self._part.write = self._write_file

    def _write_file(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > self._max_bytes:
            raise BODY_TOO_LARGE.error(self._too_large)
        self._digest.update(data)
        self._file.write(data)

    def _extend_field(self, data: bytes) -> None:
        content = self._contents[self._part.name]
        content += data
        if len(content) > _MAX_FIELD_BYTES:
            raise _refused(self._part.name, f"got more than {_MAX_FIELD_BYTES} bytes")

    def _text(self, name: str, content: bytearray) -> str:
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            raise _refused(name, "got bytes that are not UTF-8") from None


def _parser(content_type: str, callbacks: Any) -> MultipartParser:
    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    if not boundary:
        raise _malformed("its Content-Type names no boundary; let your HTTP library set that header")
    try:
        return MultipartParser(boundary, callbacks)
    except FormParserError as error:
        raise _malformed(str(error)) from None


def _malformed(reason: str) -> ProblemError:
    return MALFORMED_MULTIPART.error(f"the body is not a whole multipart form: {reason}")


def _refused(part: str, message: str) -> ProblemError:
    return INVALID_REQUEST.error_at(
        f"body.{part}", message, "a part of the form is not as expected; nothing was stored"
    )
