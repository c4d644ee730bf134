"""Reading the parts of an archive again, in order and never more than one image at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from augury.archives.files import Files
from augury.archives.layout import MANIFEST, Layout
from augury.monitor import WorkMonitor

_BLOCK = 2**20


@dataclass(frozen=True)
class Entry:
    """One image: its line of the manifest, as bytes and parsed, and its content."""

    line: bytes
    fields: dict[str, Any]
    content: bytes


class Parts:
    """All parts of a job, as if they were one. Everything may be read more than once."""

    def __init__(self, files: Files, layout: Layout, monitor: WorkMonitor, manifest_bytes: int = 0) -> None:
        self.layout = layout
        self.manifest_bytes = manifest_bytes
        """Size of the whole manifest, once it is stored."""
        self._files = files
        self._monitor = monitor

    def manifest(self) -> Iterator[bytes]:
        """The stored manifest, block by block."""
        with self._files.open(f"{self.layout.folder}/{MANIFEST}") as file:
            yield from self._blocks(file)

    def manifest_blocks(self) -> Iterator[bytes]:
        """The manifest as it is to be stored: the header and the lines of all parts."""
        yield json.dumps(self.layout.header(), separators=(",", ":")).encode() + b"\n"
        for span in self.layout.spans:
            with self._files.open(self.layout.part_manifest(span.number)) as file:
                yield from self._blocks(file)

    def image_blocks(self) -> Iterator[bytes]:
        """The contents of all images, one after the other."""
        for span in self.layout.spans:
            with self._files.open(self.layout.part_images(span.number)) as file:
                yield from self._blocks(file)

    def fields(self) -> Iterator[dict[str, Any]]:
        """The manifest's lines."""
        for span in self.layout.spans:
            with self._files.open(self.layout.part_manifest(span.number)) as lines:
                for line in lines:
                    self._monitor.raise_if_cancelled()
                    yield json.loads(line)

    def entries(self) -> Iterator[Entry]:
        """The images, one by one."""
        for span in self.layout.spans:
            with (
                self._files.open(self.layout.part_manifest(span.number)) as lines,
                self._files.open(self.layout.part_images(span.number)) as images,
            ):
                for number, line in enumerate(lines):
                    self._monitor.raise_if_cancelled()
                    self._monitor.report_progress(done=span.first + number)
                    fields = json.loads(line)
                    yield Entry(line, fields, _exactly(images, fields["bytes"]))

    def _blocks(self, file: BinaryIO) -> Iterator[bytes]:
        while block := file.read(_BLOCK):
            self._monitor.raise_if_cancelled()
            yield block


def _exactly(file: BinaryIO, size: int) -> bytes:
    content = file.read(size)
    if len(content) != size:
        raise EOFError(f"a part ends after {len(content)} of an image's {size} bytes")
    return content
