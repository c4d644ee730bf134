"""``upload`` references: files that the service has stored under their SHA-256."""

from __future__ import annotations

import hashlib

from augury.datasets.sources.base import Fetched, Request, disk_errors_told, opened, require_room, require_size
from augury.failures import DatasetError
from store.files.artifacts import ArtifactMissingError


def fetch_upload(request: Request) -> Fetched:
    """Open the file where it lies, or a copy of it in the workspace where it lies in a bucket.

    Raises:
        DatasetError: upload.missing, upload.too_large, upload.damaged or disk.full.
    """
    sha256 = request.reference["sha256"]
    name = f"uploads/{sha256}"
    try:
        size = request.artifacts.size(name)
        require_size(size, request.settings, "upload.too_large", "the file")
        path = request.artifacts.local_path(name)
        if path is not None:
            return opened(path, "upload")
        require_room(request.workspace, size)
        path = request.workspace / "upload"
        request.report("downloading", 0, size)
        with disk_errors_told():
            request.artifacts.get_file(name, path)
    except (ArtifactMissingError, FileNotFoundError):
        raise DatasetError("upload.missing", "the uploaded file is not there any more; upload it again") from None
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise DatasetError("upload.damaged", "the stored file is not the one that was uploaded; upload it again")
    return opened(path, "upload")
