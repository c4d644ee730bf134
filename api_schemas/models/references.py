"""References to model files: how a client says which one it means. A discriminated union on ``kind``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, StringConstraints

from api_schemas.base import RequestModel, names_its_kinds
from api_schemas.datasets.references import BucketName, Sha256, Side
from api_schemas.training.models import ModelName, Weights

Key = Annotated[str, StringConstraints(pattern=r"^(.*[^/])$", min_length=1, max_length=1024)]


class Architecture(RequestModel):
    """The network that a file of weights alone belongs to."""

    name: ModelName = Field(description="As in a request's model.")
    input_shape: list[Side] = Field(
        min_length=3, max_length=3, description="Height, width and channels of its images.", examples=[[224, 224, 3]]
    )
    classes: int | None = Field(
        None,
        ge=1,
        le=10_000,
        description="How many its top tells apart. Null: it is a network of keras.applications without its top.",
    )


class _ModelFile(RequestModel):
    architecture: Architecture | None = Field(
        None,
        description="For files that hold weights alone (.weights.h5, .safetensors). A .keras file says it itself.",
    )


class UploadedModel(_ModelFile):
    """A file that was uploaded before; what an upload's model has as its reference."""

    kind: Literal["upload"]
    sha256: Sha256 = Field(description="Of the uploaded file.")


class ModelPath(_ModelFile):
    """A file on the workers' machine, below a root that the operator has configured."""

    kind: Literal["path"]
    path: Annotated[str, StringConstraints(pattern=r"^/[^\x00]*$", max_length=4096)] = Field(
        description="Absolute.", examples=["/data/models/flowers.keras"]
    )


class ModelUrl(_ModelFile):
    """A file to be fetched over https, where the operator allows it."""

    kind: Literal["url"]
    url: Annotated[str, StringConstraints(pattern=r"^https://", max_length=4096)]
    sha256: Sha256 | None = Field(None, description="What the file must have; recommended.")


class ModelInS3(_ModelFile):
    """An object in a bucket that the operator allows."""

    kind: Literal["s3"]
    bucket: BucketName
    key: Key


class ModelInGs(_ModelFile):
    """As ``s3``, in Google's storage."""

    kind: Literal["gs"]
    bucket: BucketName
    key: Key


class PublishedWeights(RequestModel):
    """A network of keras.applications with weights that the operator keeps for all; what a request's weights name."""

    kind: Literal["weights"]
    name: ModelName
    weights: Weights


ModelReference = Annotated[
    Annotated[UploadedModel | ModelPath | ModelUrl | ModelInS3 | ModelInGs | PublishedWeights, Discriminator("kind")],
    names_its_kinds("upload", "path", "url", "s3", "gs", "weights"),
]
"""Which file a client means."""
