"""Images that are assumed where no dataset is named: several, as what is said has to hold on all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.lint import Semantics
from augury.linting.case import ASSUMED_SIZE, Case
from augury.linting.files.watching import WatchedSpec
from augury.linting.intensities import ASSUMED, Pixels

SIZES = (ASSUMED_SIZE, 28, 224, 512, 2048)
"""Heights and widths. The first is what messages are about."""

VALUES = (ASSUMED, Pixels(ASSUMED.low / 255, ASSUMED.high / 255, ASSUMED.mean / 255, ASSUMED.deviation / 255))
"""Of 8-bit photographs, and of the same brought to 0-1."""


@dataclass(frozen=True)
class AssumedCase(Case):
    """A spec on images of which nothing is known, taken to be of one size and scale."""

    size: int = ASSUMED_SIZE
    values: Pixels = ASSUMED

    @property
    def height(self) -> int:
        """As assumed."""
        return self.size

    @property
    def width(self) -> int:
        """As assumed."""
        return self.size

    @property
    def pixels(self) -> Pixels:
        """As assumed."""
        return self.values


def cases(spec: ImageDataGeneratorSpec, facts: DatasetFacts | None, semantics: Semantics) -> Iterator[Case]:
    """The spec on its dataset; without one on all images that are assumed."""
    if facts is not None:
        yield Case(spec, facts, semantics)
        return
    yield from (AssumedCase(spec, None, semantics, size, values) for size in SIZES for values in VALUES)


def watched(spec: ImageDataGeneratorSpec) -> tuple[ImageDataGeneratorSpec, WatchedSpec]:
    """The spec as rules take it, and what notes which parameters they read."""
    watch = WatchedSpec(spec)
    return cast(Any, watch), watch
