"""From parts to the archive and its manifest, which are the files that a client downloads."""

from __future__ import annotations

import hashlib
from typing import Any, BinaryIO

from augury.archives.files import Files
from augury.archives.formats import FORMATS
from augury.archives.layout import MANIFEST, Layout
from augury.archives.reading import Parts
from augury.monitor import WorkMonitor

_MEDIA_TYPES = {"zip": "application/zip", "npz": "application/octet-stream", "tar": "application/x-tar"}
_JSON_LINES = "application/jsonl"


class _Measured:
    """Passes bytes on and measures them."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._bytes = 0

    def write(self, content: bytes) -> None:
        self._file.write(content)
        self._digest.update(content)
        self._bytes += len(content)

    def facts(self, media_type: str) -> dict[str, Any]:
        return {"bytes": self._bytes, "media_type": media_type, "sha256": self._digest.hexdigest()}


def assemble(files: Files, layout: Layout, monitor: WorkMonitor) -> dict[str, Any]:
    """Store the manifest and the archive; their facts by name (see ``api_schemas.artifacts``).

    The same parts give the same bytes, and what is in memory does not grow with their number.
    """
    with files.writing(f"{layout.folder}/{MANIFEST}") as file:
        sink = _Measured(file)
        for block in Parts(files, layout, monitor).manifest_blocks():
            sink.write(block)
        manifest = sink.facts(_JSON_LINES)
    with files.writing(f"{layout.folder}/{layout.archive}") as file:
        sink = _Measured(file)
        FORMATS[layout.request.format](sink, Parts(files, layout, monitor, manifest["bytes"]))
        archive = sink.facts(_MEDIA_TYPES[layout.request.format])
    return {layout.archive: archive, MANIFEST: manifest}
