"""Uploads on the wire that are sent piece by piece."""

from __future__ import annotations

from pydantic import Field

from api_schemas.base import Body, Timestamp


class Upload(Body):
    """A file on its way to the service."""

    id: str
    name: str | None = Field(description="As its sender calls it.")
    length: int = Field(description="Bytes of the whole file.")
    offset: int = Field(description="Bytes that have come; the next piece begins there.")
    is_complete: bool = Field(description="Whether all of it is stored, so that a reference may name it.")
    sha256: str | None = Field(
        description="In hexadecimal: of the file once it is complete, for a reference of the kind `upload`; before "
        "that, what its sender said that it has."
    )
    created_at: Timestamp
    expires_at: Timestamp = Field(description="When it is given up, unless another piece comes.")


class UploadList(Body):
    """The uploads of a project that no dataset or model has yet, newest first, at most a hundred."""

    items: list[Upload]
