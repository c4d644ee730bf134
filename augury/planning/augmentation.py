"""From an augmentation request to chunks of images.

The service needs this to show a plan, the workers to carry it out. The archive holds one *pass* over the dataset per
round, and one before them with the originals where they are asked for; its images are counted pass by pass.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from api_schemas.chunks import ChunkSpan
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import AugmentationRequest
from api_schemas.plans import AugmentationPlan

MAX_IMAGES_PER_CHUNK = 512
MAX_BYTES_PER_CHUNK = 64 * 2**20
_BYTES_PER_VALUE = 4  # augmented images are float32, whatever they are stored as

_CHANNELS_OF_PNG = {"uint8": (1, 3, 4), "uint16": (1,)}
"""What a PNG file can hold without loss, and Pillow can write."""
_BYTES_OF_PNG = {"uint8": 1, "uint16": 2}
"""Of a value in a PNG file, before it is compressed."""
_FORMATS_OF_PNG = ("zip", "tar")

SPLITS = ("train", "validation", "test")
_BY_DEFAULT = ("train",)
_IN_NONE = "in no split"


def plan_augmentation(request: AugmentationRequest, facts: DatasetFacts | None) -> AugmentationPlan:
    """How the work is cut. Without *facts* the dataset is not known yet."""
    passes = request.rounds + request.include_originals
    if facts is None:
        return AugmentationPlan(passes=passes, source_images=None, images=None, images_per_chunk=None, chunks=None)
    splits = splits_taken(request, facts)
    counts = {name: sum(classes.values()) for name, classes in facts.splits.items()}
    images = facts.images if splits is None else sum(counts.get(name, 0) for name in splits)
    left_out = {} if splits is None else _left_out(splits, counts, facts.images)
    max_images = max(1, MAX_BYTES_PER_CHUNK // (math.prod(facts.shape) * _BYTES_PER_VALUE))
    per_chunk = max(1, min(MAX_IMAGES_PER_CHUNK, max_images, images))
    return AugmentationPlan(
        passes=passes,
        source_images=images,
        splits=splits,
        left_out=left_out,
        warnings=_warnings(splits, images, left_out),
        layout=2,
        images=images * passes,
        images_per_chunk=per_chunk,
        chunks=math.ceil(images / per_chunk) * passes,
    )


def splits_taken(request: AugmentationRequest, facts: DatasetFacts) -> list[str] | None:
    """The splits that are augmented, in a fixed order; None where the dataset has none and everything is."""
    if not facts.splits:
        return None
    return [name for name in SPLITS if name in (request.splits or _BY_DEFAULT)]


def _left_out(splits: list[str], counts: dict[str, int], images: int) -> dict[str, int]:
    others = {name: count for name, count in counts.items() if name not in splits and count}
    in_none = images - sum(counts.values())
    return {**others, _IN_NONE: in_none} if in_none else others


def _warnings(splits: list[str] | None, images: int, left_out: dict[str, int]) -> list[str]:
    if splits is None or not left_out:
        return []
    others = ", ".join(f"{name} ({count})" for name, count in left_out.items())
    return [
        f"only the {images} images of {' and '.join(splits)} are augmented; left out: {others}. An image that is "
        "validated on must have no copy among those that are trained on; `splits` names others"
    ]


def chunk_spans(plan: AugmentationPlan) -> Iterator[ChunkSpan]:
    """The chunks of a plan, in the order of the archive. None reaches over the end of a pass."""
    assert plan.source_images is not None, "chunks are made only once the dataset is ready"
    assert plan.images_per_chunk is not None
    number = 0
    for number_of_pass in range(plan.passes):
        for start in range(0, plan.source_images, plan.images_per_chunk):
            images = min(plan.images_per_chunk, plan.source_images - start)
            yield ChunkSpan(number, number_of_pass * plan.source_images + start, images)
            number += 1


@dataclass(frozen=True)
class Sources:
    """Which images of the dataset a chunk is made from."""

    round: int | None
    """Counted from 0; None for the originals."""
    start: int
    stop: int


def sources_of(request: AugmentationRequest, source_images: int, span: ChunkSpan) -> Sources:
    """Which images of the dataset a span of the archive is made from."""
    number_of_pass, start = divmod(span.first, source_images)
    round_number = number_of_pass - request.include_originals
    return Sources(None if round_number < 0 else round_number, start, start + span.images)


def splits_problem(request: AugmentationRequest, facts: DatasetFacts) -> str | None:
    """Why the splits that were asked for, or `train`, cannot be augmented, said to a person; None if they can."""
    there = {name: sum(classes.values()) for name, classes in facts.splits.items()}
    if not there:
        return "the dataset has no fixed splits; leave it out to augment all images" if request.splits else None
    missing = [name for name in request.splits or _BY_DEFAULT if not there.get(name)]
    if not missing:
        return None
    known = ", ".join(f"{name!r} ({count} images)" for name, count in there.items() if count)
    return f"the dataset has no image in {missing[0]!r}; it has {known}: name those that are to be augmented"


def output_bytes(request: AugmentationRequest, facts: DatasetFacts, images: int) -> int:
    """How many bytes so many images of the archive come to at most; PNG files are mostly smaller."""
    is_png = request.format in _FORMATS_OF_PNG
    per_value = _BYTES_OF_PNG.get(facts.dtype, _BYTES_PER_VALUE) if is_png else _BYTES_PER_VALUE
    return images * math.prod(facts.shape) * per_value


def output_problem(request: AugmentationRequest, facts: DatasetFacts, max_bytes: int) -> str | None:
    """Why the archive would be larger than one job may make it, said to a person; None where it is not."""
    images = plan_augmentation(request, facts).images
    assert images is not None, "the dataset is known"
    size = output_bytes(request, facts, images)
    if size <= max_bytes:
        return None
    return (
        f"{images:,} augmented images come to {size:,} bytes, and the limit is {max_bytes:,}: take fewer rounds, or "
        "smaller images"
    )


def format_problem(request: AugmentationRequest, facts: DatasetFacts) -> str | None:
    """Why the images cannot be given in the format that was asked for, said to a person; None if they can."""
    if request.format not in _FORMATS_OF_PNG or facts.shape[2] in _CHANNELS_OF_PNG.get(facts.dtype, ()):
        return None
    return (
        f"{request.format} holds PNG files, which cannot take {facts.dtype} images with {facts.shape[2]} channels "
        "without loss; npz can"
    )
