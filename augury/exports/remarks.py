"""What no library's transforms carry, as it is not about images: said alike by every target."""

from __future__ import annotations

from collections.abc import Iterator

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.exports.export import Caveat, Fidelity


def beside_images(spec: ImageDataGeneratorSpec) -> Iterator[Caveat]:
    """Remarks about the parameters that say how images are divided and laid out."""
    if spec.validation_split:
        yield Caveat(
            parameters=["validation_split"],
            fidelity=Fidelity.EXACT,
            message=f"validation_split {spec.validation_split:g} divides a dataset, which no transform does: it is for "
            "whoever reads the images, and left out here.",
        )
    if spec.data_format == "channels_first":
        yield Caveat(
            parameters=["data_format"],
            fidelity=Fidelity.NOT_EXPRESSIBLE,
            message="data_format channels_first is left out: the export takes images whose channels come last.",
        )
