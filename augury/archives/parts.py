"""One chunk of images, from the dataset to its stored part. The same chunk gives the same bytes on any worker."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.chunks import ChunkSpan
from augury.archives.files import Files
from augury.archives.images import encoder_of
from augury.archives.layout import ArchivedImage, Layout, batches
from augury.augmentation import Pipeline
from augury.datasets.snapshot import SPLIT_CODES, Snapshot
from augury.monitor import WorkMonitor

Array = npt.NDArray[Any]
Indices = npt.NDArray[np.intp]
Source = Callable[[Indices], tuple[Array, Sequence[dict[str, Any] | None]]]
"""From indices of the dataset to images ``[B, H, W, C]`` float32, and what was drawn for each."""

_SPLIT_NAMES = {code: name for name, code in SPLIT_CODES.items()}
_BYTES_AT_ONCE = 4 * 2**20  # of float32 images; a cancel is heeded in between


def make_part(
    files: Files, snapshot: Snapshot, layout: Layout, span: ChunkSpan, monitor: WorkMonitor
) -> dict[str, Any]:
    """Make a chunk's images and store them with their lines of the manifest; the sizes of both."""
    lines: list[bytes] = []
    size = 0
    with files.writing(layout.part_images(span.number)) as file:
        for content, line in _entries(snapshot, layout, span):
            monitor.raise_if_cancelled()
            file.write(content)
            size += len(content)
            lines.append(json.dumps(line, separators=(",", ":")).encode() + b"\n")
            monitor.report_progress(done=len(lines))
    manifest = b"".join(lines)
    files.write(layout.part_manifest(span.number), manifest)
    return {"images_bytes": size, "manifest_bytes": len(manifest)}


def _entries(snapshot: Snapshot, layout: Layout, span: ChunkSpan) -> Iterator[tuple[bytes, dict[str, Any]]]:
    sources = layout.sources_of(span)
    encode = encoder_of(layout.request.format, layout.facts.dtype)
    make = _originals(snapshot) if sources.round is None else _augmented(snapshot, layout, sources.round)
    chosen = _chosen(snapshot, layout)
    ordinal = span.first
    at_once = max(1, _BYTES_AT_ONCE // (4 * math.prod(layout.facts.shape)))
    for positions in batches(sources, at_once):
        indices = chosen[positions.start : positions.stop]
        images, drawn = make(indices)
        for source, image, parameters in zip(indices.tolist(), images, drawn, strict=True):
            content = encode(image)
            split = _split_of(snapshot, layout, source)
            archived = ArchivedImage(ordinal, source, int(snapshot.labels[source]), split, sources.round)
            yield content, _line(snapshot, layout, archived, len(content), parameters)
            ordinal += 1


def _line(
    snapshot: Snapshot, layout: Layout, image: ArchivedImage, size: int, parameters: dict[str, Any] | None
) -> dict[str, Any]:
    origin = {"source_file": snapshot.names[image.source] if snapshot.names else None, "split": image.split}
    return {
        **layout.file_of(image),
        "source": image.source,
        **({} if layout.plan.layout == 1 else origin),
        "round": image.round,
        "label": image.label,
        "class": layout.class_names[image.label],
        "seed": layout.request.seed,
        "bytes": size,
        "parameters": parameters,
    }


def _chosen(snapshot: Snapshot, layout: Layout) -> Indices:
    """Which images of the dataset are augmented, in order."""
    if layout.plan.splits is None:
        return np.arange(len(snapshot.labels))
    assert snapshot.splits is not None, "facts and snapshot of a dataset agree on its splits"
    return np.flatnonzero(np.isin(snapshot.splits, [SPLIT_CODES[name] for name in layout.plan.splits]))


def _split_of(snapshot: Snapshot, layout: Layout, source: int) -> str | None:
    if layout.plan.splits is None or snapshot.splits is None:
        return None
    return _SPLIT_NAMES[int(snapshot.splits[source])]


def _originals(snapshot: Snapshot) -> Source:
    def make(indices: Indices) -> tuple[Array, Sequence[None]]:
        return snapshot.images[indices].astype(np.float32), [None] * len(indices)

    return make


def _augmented(snapshot: Snapshot, layout: Layout, round_number: int) -> Source:
    request = layout.request
    pipeline = Pipeline(request.spec, semantics=request.semantics, identity_probability=request.identity_probability)
    shape = snapshot.images.shape[1:]

    def make(indices: Indices) -> tuple[Array, Sequence[dict[str, Any]]]:
        # Keyed on (seed, round, image), so that it does not matter who draws how many at once.
        draws = pipeline.draw(shape, seed=request.seed, epoch=round_number, indices=indices)
        images = pipeline.transform(snapshot.images[indices], draws)
        return images, [draws.parameters(each) for each in range(len(indices))]

    return make
