"""Large files to the service, piece by piece: what breaks off goes on where it was, also in another run."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator
from typing import IO

from api_schemas.datasets.uploads import Upload, UploadList
from augury.client.connection import Connection, path_of, problem_of
from augury.client.packing import OnProgress, Parcel
from augury.client.trouble import Trouble
from augury.errors import ServiceFailed, ServiceUnreachable, describe

MIN_BYTES = 64 * 2**20
"""Of a file that is sent in pieces; a smaller one is sent again as quickly."""
PIECE_BYTES = 16 * 2**20
_PATIENCE_SECONDS = 60.0
_IN_STEP = ("upload-offset", "upload-busy")
"""Ends of the types of problems that asking how much has come helps against."""
_MAX_NAME_LENGTH = 200


def send_in_pieces(connection: Connection, sent: Parcel, on_progress: OnProgress, patience: float) -> str:
    """Have the service store a file, and go on where an earlier attempt at the same one broke off.

    Args:
        connection: to the service.
        sent: the file, open for reading.
        on_progress: is told how many bytes have come, and how many there are.
        patience: seconds of trouble that are borne, a minute at least.

    Returns:
        The file's SHA-256 in hexadecimal, by which a reference may name it from now on.

    Raises:
        ServiceUnreachable: the service does not answer; what has come is kept for a day.
        RequestRefused: the file is not taken.
    """
    size, sha256 = os.fstat(sent.file.fileno()).st_size, _sha256(sent.file)
    patience = max(patience, _PATIENCE_SECONDS)
    upload = _begun_before(connection, sha256, size, patience) or _begin(connection, sent.name, sha256, size, patience)
    for offset in _pieces(connection, upload, sent.file, patience):
        on_progress(offset, size)
    return sha256


def _pieces(connection: Connection, upload: Upload, file: IO[bytes], patience: float) -> Iterator[int]:
    """Send what is missing; after each piece how much has come."""
    path, trouble = path_of("uploads", upload.id), Trouble(patience)
    yield upload.offset
    while not upload.is_complete:
        file.seek(upload.offset)
        answer = connection.send_piece(path, upload.offset, file.read(PIECE_BYTES))
        if isinstance(answer, ServiceUnreachable):
            trouble.bear(answer)
        elif answer.is_success:
            trouble.forget()
        else:
            problem = problem_of(answer)
            if problem is None or not problem.type.endswith(_IN_STEP):
                connection.content(answer)
                raise ServiceFailed(f"{path} failed")  # which content() has said better
            trouble.bear(ServiceUnreachable(describe(problem)))
        upload = connection.read(Upload, connection.request("GET", path, patience=patience))
        yield upload.offset


def _begun_before(connection: Connection, sha256: str, size: int, patience: float) -> Upload | None:
    known = connection.read(UploadList, connection.request("GET", "/v1/uploads", patience=patience)).items
    return next((each for each in known if each.sha256 == sha256 and each.length == size), None)


def _begin(connection: Connection, name: str, sha256: str, size: int, patience: float) -> Upload:
    said = {"filename": name[:_MAX_NAME_LENGTH], "sha256": sha256}
    metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items())
    headers = {"Upload-Length": str(size), "Upload-Metadata": metadata}
    return connection.read(Upload, connection.request("POST", "/v1/uploads", headers=headers, patience=patience))


def _sha256(file: IO[bytes]) -> str:
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # it is a file
    file.seek(0)
    return digest
