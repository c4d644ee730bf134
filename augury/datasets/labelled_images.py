"""What a reader finds in a reference: which images there are, and what is said about each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.datasets.dataset import Skipped
from augury.datasets.errors import DatasetError
from augury.datasets.settings import IngestSettings, variable_of

_MAX_EXAMPLES = 5
SPLITS = ("train", "validation", "test")


class SkippedFiles:
    """Counts what is left out and why, with the first few names of each reason."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = {}

    def add(self, reason: str, name: str) -> None:
        """Note one file. *reason* is in words, and the same words for the same reason."""
        self._counts[reason] += 1
        examples = self._examples.setdefault(reason, [])
        if len(examples) < _MAX_EXAMPLES:
            examples.append(name)

    def summary(self) -> list[Skipped]:
        """By reason, the most frequent first."""
        return [
            Skipped(reason=reason, count=count, examples=self._examples[reason])
            for reason, count in self._counts.most_common()
        ]


def require_few_images(images: int, limits: IngestSettings) -> None:
    """See that a dataset has no more images than are allowed; asked before any list is made that has one entry each.

    Raises:
        DatasetError: ``dataset.too_many_images``.
    """
    if images > limits.max_images:
        message = (
            f"the dataset has {images} images; at most {limits.max_images} are allowed ({variable_of('max_images')})"
        )
        raise DatasetError("dataset.too_many_images", message)


@dataclass(frozen=True)
class EncodedImages:
    """Images in files of their own: PNG, JPEG, ..."""

    read: Callable[[int], bytes]
    """The bytes of the image at that index of the listing. Called in forked processes, in any order."""


@dataclass(frozen=True)
class ArrayImages:
    """Images that are arrays already: ``[N, H, W]`` or ``[N, H, W, C]``, memory-mapped where they are large."""

    pixels: npt.NDArray[Any]
    rows: npt.NDArray[np.intp] | None = None
    """Which rows of *pixels* the listing's images are; None: all, in order."""


@dataclass(frozen=True)
class Listing:
    """Labelled images, in a stable order that does not depend on how they were stored.

    The lists are parallel. Class names are the distinct *labels*, sorted as text, unless *class_names* gives
    their order.
    """

    format: str
    """What it was recognised as: "image folder", "CSV manifest", "IDX", ..."""
    names: Sequence[str]
    """Where each image comes from: a file's name, or a row."""
    labels: Sequence[str]
    images: EncodedImages | ArrayImages
    class_names: Sequence[str] | None = None
    splits: Sequence[str] | None = None
    """One of SPLITS for each image; None where the reference has no fixed splits."""
    groups: Sequence[str] | None = None
    skipped: SkippedFiles = field(default_factory=SkippedFiles)
    notes: Sequence[str] = ()
    """What was decided where it could be otherwise, in sentences that say how to ask for that."""
    are_digits: bool = False
    """Whether it is known that the classes are the digits that they are named after, and not just numbered."""
