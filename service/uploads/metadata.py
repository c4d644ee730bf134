"""What the sender of an upload says of it: names, each with a value in Base64 (tus 1.0, ``Upload-Metadata``)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from augury.reporting.formatting import plain
from service.http.problem_types import INVALID_REQUEST

MAX_NAME_LENGTH = 200
MAX_METADATA_LENGTH = 8_000
LOCATION = "header.upload-metadata"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Metadata:
    """Of one upload.

    Attributes:
        name: of the file, on one line of visible characters.
        sha256: that it has, in hexadecimal.
    """

    name: str | None = None
    sha256: str | None = None


def read(text: str | None) -> Metadata:
    """What is said; names that are not known are left alone, as clients send many.

    Raises:
        ProblemError: a value is no Base64 of UTF-8, or no checksum.
    """
    said = dict(_pairs(text or ""))
    name, sha256 = said.get("filename") or None, said.get("sha256") or None
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        raise _faulty("sha256", "expected 64 hexadecimal digits in lower case")
    return Metadata(None if name is None else plain(name, MAX_NAME_LENGTH), sha256)


def _pairs(text: str) -> list[tuple[str, str]]:
    found = []
    for each in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = each.partition(" ")
        try:
            found.append((name, base64.b64decode(value.strip(), validate=True).decode()))
        except (binascii.Error, ValueError):
            raise _faulty(name, "expected Base64 of UTF-8 after the name and a space") from None
    return found


def _faulty(name: str, message: str) -> Exception:
    return INVALID_REQUEST.error_at(LOCATION, f"{plain(name)}: {message}", "the upload was not begun")
