"""The formats of an archive: one function each, from parts to bytes, front to back."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from augury.archives.layout import MANIFEST
from augury.archives.reading import Parts
from augury.archives.zip_stream import Sink, ZipStream
from augury.datasets.images.npy_header import npy_header

_SHARD_META = "__manifest__"  # WebDataset takes what begins like this for no sample
_VALUES_AT_ONCE = 2**16
_SPLIT_NAME = "<U10"  # as long as the longest of them


def write_zip(sink: Sink, parts: Parts) -> None:
    """An image folder: ``class/round00_000012.png``, below ``train/`` where there are splits, and the manifest."""
    with ZipStream(sink) as archive:
        archive.add_streamed(MANIFEST, parts.manifest)
        for entry in parts.entries():
            archive.add(entry.fields["file"], entry.content)


def write_npz(sink: Sink, parts: Parts) -> None:
    """Arrays: ``images`` ``[N, H, W, C]`` float32, ``labels`` ``[N]`` int64, ``class_names``, and the manifest.

    Where the dataset has splits there is ``splits`` ``[N]``, the name of each image's, as well.
    """
    layout = parts.layout
    with ZipStream(sink) as archive:
        archive.add_streamed(MANIFEST, parts.manifest)
        archive.add("class_names.npy", _npy(np.array(layout.class_names, dtype=np.str_)))
        labels = npy_header("<i8", (layout.images,))
        archive.add_streamed("labels.npy", lambda: _with_header(labels, _column(parts, "label", "<i8")))
        if layout.plan.splits is not None:
            splits = npy_header(_SPLIT_NAME, (layout.images,))
            archive.add_streamed("splits.npy", lambda: _with_header(splits, _column(parts, "split", _SPLIT_NAME)))
        images = npy_header("<f4", (layout.images, *layout.facts.shape))
        archive.add_streamed("images.npy", lambda: _with_header(images, parts.image_blocks()))


def write_tar(sink: Sink, parts: Parts) -> None:
    """A WebDataset shard: ``000012.png``, ``000012.cls`` (the label) and ``000012.json`` (the manifest's line).

    Where the dataset has splits, keys begin with an image's: ``train/000012``.
    """
    _write_member(sink, f"{_SHARD_META}/{MANIFEST}", parts.manifest_bytes, parts.manifest())
    for entry in parts.entries():
        key = entry.fields["file"].removesuffix(".png")
        label = str(entry.fields["label"]).encode()
        for suffix, content in (("png", entry.content), ("cls", label), ("json", entry.line)):
            _write_member(sink, f"{key}.{suffix}", len(content), iter((content,)))
    sink.write(bytes(2 * tarfile.BLOCKSIZE))


FORMATS: dict[str, Callable[[Sink, Parts], None]] = {"zip": write_zip, "npz": write_npz, "tar": write_tar}


def _npy(array: np.ndarray[Any, Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _with_header(header: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    yield header
    yield from blocks


def _column(parts: Parts, field: str, dtype: str) -> Iterator[bytes]:
    """One field of every line, as an array's bytes."""
    values: list[Any] = []
    for fields in parts.fields():
        values.append(fields[field])
        if len(values) == _VALUES_AT_ONCE:
            yield np.array(values, dtype).tobytes()
            values.clear()
    yield np.array(values, dtype).tobytes()


def _write_member(sink: Sink, name: str, size: int, blocks: Iterator[bytes]) -> None:
    member = tarfile.TarInfo(name)  # whose time, user and group are 0, and whose mode is 644
    member.size = size
    sink.write(member.tobuf(tarfile.USTAR_FORMAT))
    for block in blocks:
        sink.write(block)
    sink.write(bytes(-size % tarfile.BLOCKSIZE))
