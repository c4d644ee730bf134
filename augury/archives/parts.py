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
from augury.archives.layout import Layout, batches
from augury.augmentation import Pipeline
from augury.datasets.snapshot import Snapshot
from augury.monitor import WorkMonitor

Array = npt.NDArray[Any]
Source = Callable[[range], tuple[Array, Sequence[dict[str, Any] | None]]]
"""From indices of the dataset to images ``[B, H, W, C]`` float32, and what was drawn for each."""

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
    ordinal = span.first
    at_once = max(1, _BYTES_AT_ONCE // (4 * math.prod(layout.facts.shape)))
    for indices in batches(sources, at_once):
        images, drawn = make(indices)
        for source, image, parameters in zip(indices, images, drawn, strict=True):
            label, content = int(snapshot.labels[source]), encode(image)
            yield (
                content,
                {
                    **layout.file_of(ordinal, sources, source, label),
                    "source": source,
                    "round": sources.round,
                    "label": label,
                    "class": layout.class_names[label],
                    "seed": layout.request.seed,
                    "bytes": len(content),
                    "parameters": parameters,
                },
            )
            ordinal += 1


def _originals(snapshot: Snapshot) -> Source:
    def make(indices: range) -> tuple[Array, Sequence[None]]:
        return snapshot.images[indices.start : indices.stop].astype(np.float32), [None] * len(indices)

    return make


def _augmented(snapshot: Snapshot, layout: Layout, round_number: int) -> Source:
    request = layout.request
    pipeline = Pipeline(request.spec, semantics=request.semantics, identity_probability=request.identity_probability)
    shape = snapshot.images.shape[1:]

    def make(indices: range) -> tuple[Array, Sequence[dict[str, Any]]]:
        # Keyed on (seed, round, image), so that it does not matter who draws how many at once.
        draws = pipeline.draw(shape, seed=request.seed, epoch=round_number, indices=np.array(indices))
        images = pipeline.transform(snapshot.images[indices.start : indices.stop], draws)
        return images, [draws.parameters(each) for each in range(len(indices))]

    return make
