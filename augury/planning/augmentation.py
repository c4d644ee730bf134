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
_FORMATS_OF_PNG = ("zip", "tar")


def plan_augmentation(request: AugmentationRequest, facts: DatasetFacts | None) -> AugmentationPlan:
    """How the work is cut. Without *facts* the dataset is not known yet."""
    passes = request.rounds + request.include_originals
    if facts is None:
        return AugmentationPlan(passes=passes, source_images=None, images=None, images_per_chunk=None, chunks=None)
    max_images = max(1, MAX_BYTES_PER_CHUNK // (math.prod(facts.shape) * _BYTES_PER_VALUE))
    per_chunk = min(MAX_IMAGES_PER_CHUNK, max_images, facts.images)
    return AugmentationPlan(
        passes=passes,
        source_images=facts.images,
        images=facts.images * passes,
        images_per_chunk=per_chunk,
        chunks=math.ceil(facts.images / per_chunk) * passes,
    )


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


def format_problem(request: AugmentationRequest, facts: DatasetFacts) -> str | None:
    """Why the images cannot be given in the format that was asked for, said to a person; None if they can."""
    if request.format not in _FORMATS_OF_PNG or facts.shape[2] in _CHANNELS_OF_PNG.get(facts.dtype, ()):
        return None
    return (
        f"{request.format} holds PNG files, which cannot take {facts.dtype} images with {facts.shape[2]} channels "
        "without loss; npz can"
    )
