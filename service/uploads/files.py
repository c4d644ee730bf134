"""What has come of uploads, as files in a folder of the service: each is as long as the upload is far.

Whoever writes to one holds a lock of the operating system's on it, which is gone with its process.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from pathlib import Path

from augury.private_files import make_private_folder, private_opener
from service.http.middleware import file_too_large
from service.http.problem_rows.uploads import UPLOAD_BUSY, UPLOAD_OFFSET
from service.http.problem_types import BODY_TOO_LARGE
from service.resources import Resources
from store.rows.uploads import begun

_MIN_AGE_SECONDS = 3_600.0
_MAX_LOOKED_AT = 500


def folder_of(resources: Resources) -> Path:
    """Where they lie; made if need be."""
    return make_private_folder(resources.settings.data_dir.resolve() / "uploading")


def path_of(resources: Resources, upload_id: str) -> Path:
    """The file of an upload, whether there is one or not."""
    return folder_of(resources) / upload_id


def size_of(resources: Resources, upload_id: str) -> int:
    """How much of it is there."""
    try:
        return path_of(resources, upload_id).stat().st_size
    except FileNotFoundError:
        return 0


class PartFile:
    """The file of one upload, open for the next piece and for nobody else."""

    def __init__(self, path: Path, length: int, offset: int) -> None:
        """Open it.

        Args:
            path: of the file, which may not be there yet.
            length: that it will have.
            offset: where the piece begins.

        Raises:
            ProblemError: another request writes to it, or it is not as far as that.
        """
        self.path, self._length = path, length
        self._file = open(path, "ab", opener=private_opener)  # noqa: SIM115 - by close
        try:
            self._lock()
            self.size = os.fstat(self._file.fileno()).st_size
            require_offset(self.size, offset)
        except BaseException:
            self._file.close()
            raise

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            detail = "another request is sending a piece of this upload; wait until it is over"
            raise UPLOAD_BUSY.error(detail, headers={"Retry-After": "2"}) from None

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return self.size == self._length

    def append(self, data: bytes) -> None:
        """Take the next bytes (or a ProblemError where these are more than the upload was to have)."""
        if self.size + len(data) > self._length:
            raise BODY_TOO_LARGE.error(f"the upload was begun with {self._length} bytes, and more have come")
        self._file.write(data)
        self.size += len(data)

    def close(self) -> None:
        """What has come is on the disk, and others may go on."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def sha256(self) -> str:
        """Of what is there, in hexadecimal."""
        self._file.flush()
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def begin_anew(self) -> None:
        """Drop what is there."""
        self._file.truncate(0)
        self.size = 0


def require_offset(size: int, offset: int) -> None:
    """Let a piece pass that begins where the upload ends (or a ProblemError)."""
    if size != offset:
        detail = f"the piece begins at byte {offset}, and the upload goes on at byte {size}"
        raise UPLOAD_OFFSET.error(detail, headers={"Upload-Offset": str(size)})


def require_length(resources: Resources, length: int) -> None:
    """Let a file of so many bytes pass that may be uploaded.

    Raises:
        ProblemError: it is too large.
    """
    if length > resources.ingest.max_bytes:
        raise BODY_TOO_LARGE.error(file_too_large(resources.ingest.max_bytes))


def forget_left_behind(resources: Resources) -> None:
    """Remove the files of uploads that there is no row for any more, a few hundred at a time."""
    before = time.time() - _MIN_AGE_SECONDS
    old = []
    with os.scandir(folder_of(resources)) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False) and entry.stat().st_mtime < before:
                old.append(entry.name)
            if len(old) == _MAX_LOOKED_AT:
                break
    if not old:
        return
    with resources.database.reading() as session:
        known = begun.known_among(session, old)
    for name in set(old) - known:
        path_of(resources, name).unlink(missing_ok=True)
