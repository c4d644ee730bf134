"""``upload`` references: files that somebody has brought to this machine, known by their SHA-256."""

from __future__ import annotations

import hashlib

from augury.datasets.errors import DatasetError
from augury.datasets.sources.base import Fetched, Request, open_fetched, require_size


def fetch_upload(request: Request) -> Fetched:
    """Open the file that was brought here, if it is what was uploaded.

    Raises:
        DatasetError: upload.missing, upload.too_large or upload.damaged.
    """
    path = request.upload
    if path is None or not path.is_file():
        raise DatasetError("upload.missing", "the uploaded file is not there any more; upload it again")
    require_size(path.stat().st_size, request.settings, "upload.too_large", "the file")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != request.reference["sha256"]:
        raise DatasetError("upload.damaged", "the stored file is not the one that was uploaded; upload it again")
    return open_fetched(path, "upload")
