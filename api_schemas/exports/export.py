"""Exports on the wire: a spec as another library has it, and how far that is from what Augury does."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.base import Body, RequestModel
from api_schemas.lint import Semantics

MAX_SIDE = 16_384
Target = Literal["keras", "keras-layers", "torchvision", "torchvision-transforms", "albumentations"]
ImageSize = Annotated[list[Annotated[int, Field(ge=1, le=MAX_SIDE)]], Field(min_length=2, max_length=2)]


class Fidelity(StrEnum):
    """How near an export comes to the spec, nearest first.

    ``exact``: the same parameters give the same pixels, to 0.01 of 255. ``same_distribution``: images are distributed
    alike, though no parameter can be handed over. ``approximate``: it does something else, which is said.
    ``not_expressible``: the library has no such transform, and it is left out.
    """

    EXACT = "exact"
    SAME_DISTRIBUTION = "same_distribution"
    APPROXIMATE = "approximate"
    NOT_EXPRESSIBLE = "not_expressible"


_NEAREST_FIRST = list(Fidelity)


def worst(fidelities: list[Fidelity]) -> Fidelity:
    """The class of a whole whose parts have these; of nothing it is exact."""
    return max(fidelities, key=_NEAREST_FIRST.index, default=Fidelity.EXACT)


class Caveat(Body):
    """One thing that the export does otherwise than the spec, or cannot do."""

    parameters: list[str] = Field(description="The spec's parameters that it is about.")
    fidelity: Fidelity = Field(description="How near the export comes in these.")
    message: str = Field(description="What is different, with the numbers of this spec.")


class Export(Body):
    """A spec in the words of another library."""

    target: Target
    fidelity: Fidelity = Field(description="The worst of its differences; exact where there is none.")
    differences: list[Caveat]
    not_expressible: list[str] = Field(description="Parameters of the spec that the export leaves out.")
    filename: str = Field(examples=["augmentation.py"])
    media_type: str = Field(examples=["text/x-python"])
    content: str = Field(description="The code or the configuration, to be copied as it is.")

    @classmethod
    def of(cls, target: Target, differences: list[Caveat], *, filename: str, media_type: str, content: str) -> Export:
        """The export whose class follows from its differences."""
        left_out = {
            name for each in differences if each.fidelity is Fidelity.NOT_EXPRESSIBLE for name in each.parameters
        }
        return cls(
            target=target,
            fidelity=worst([each.fidelity for each in differences]),
            differences=differences,
            not_expressible=sorted(left_out),
            filename=filename,
            media_type=media_type,
            content=content,
        )


class ExportRequest(RequestModel):
    """A spec, and the library whose words it is wanted in."""

    spec: ImageDataGeneratorSpec
    target: Target = Field(description="keras is one exact layer, keras-layers are those that Keras brings.")
    semantics: Semantics = Field("keras", description="keras: Keras 3, defects included; corrected: as documented.")
    image_size: ImageSize | None = Field(
        None,
        description="Height and width of the images. Where a library has only fractions of them, what is said in "
        "pixels can be written down with these alone.",
        examples=[[64, 64]],
    )
