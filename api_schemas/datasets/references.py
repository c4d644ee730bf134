"""References: how a client says which images it means. A discriminated union on ``kind``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints

from api_schemas.base import RequestModel, names_its_kinds

Side = Annotated[int, Field(ge=1, le=4096)]
ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
FolderName = Annotated[str, StringConstraints(pattern=r"^[^/\\\x00][^\\\x00]*$", max_length=1000)]
Extension = Annotated[str, StringConstraints(pattern=r"^\.?[A-Za-z0-9]{1,10}$")]
Layout = Literal["auto", "classes", "splits", "pooled"]
BucketName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{1,220}$")]
Level = Annotated[int, Field(ge=0, le=255)]
DatasetId = Annotated[str, StringConstraints(pattern=r"^ds_[0-9a-f]{32}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def _is_unset(value: Any) -> bool:
    """Whether a field is left out of the stored form: references written before there was one have the same digest."""
    return value in (None, "auto")


class ManifestColumns(RequestModel):
    """Names in a manifest, a Parquet file, a TFRecord or an npz where they are not the usual ones."""

    file: ColumnName | None = Field(None, description="File names or encoded images; in an npz the images.")
    label: ColumnName | None = Field(None, description="Class names or numbers.")
    split: ColumnName | None = Field(None, description="train, validation or test.")
    group: ColumnName | None = Field(None, description="Images of one group never land on both sides of a split.")
    directory: FolderName | None = Field(
        None,
        exclude_if=_is_unset,
        description="The folder in which the files that a manifest names lie, from the manifest's own or from the top.",
        examples=["train_images"],
    )
    extension: Extension | None = Field(
        None,
        exclude_if=_is_unset,
        description="What the names in a manifest lack at their end.",
        examples=[".jpg"],
    )


class ImageOptions(RequestModel):
    """How the images of a reference are brought into one shape."""

    image_size: list[Side] | None = Field(
        None,
        min_length=2,
        max_length=2,
        description="[height, width] of the stored images; null: as they are, which must then be one size.",
        examples=[[64, 64]],
    )
    color_mode: Literal["grayscale", "rgb", "rgba"] | None = Field(
        None, description="Null: grayscale where all images are grey, rgb otherwise, rgba where all have transparency."
    )
    resize: Literal["stretch", "crop"] = Field(
        "stretch",
        description="How image_size is reached, always with antialiasing. crop: the largest centred part of the "
        "wanted aspect ratio is taken first.",
    )
    background: Literal["white", "black"] | Annotated[list[Level], Field(min_length=3, max_length=3)] | None = Field(
        None,
        exclude_if=lambda value: value is None,  # references written before this field have the same digest
        description="On what transparent images are laid where their opacity is not stored: white, black, or [red, "
        "green, blue] from 0 to 255; null: white. With a background, images that are all transparent become rgb, and "
        "the fourth channel of arrays is taken for opacity.",
        examples=["white", [128, 128, 128]],
    )
    columns: ManifestColumns | None = None
    layout: Layout | None = Field(
        None,
        exclude_if=_is_unset,
        description="What the top folders of a folder of images are. classes: each is a class, with all below it. "
        "splits: each is a split of the classes that are the folders in it, or, where its name says no split, a group. "
        "pooled: they mean nothing, the folders in them are the classes. Null and auto: told by names and by what is "
        "in them; a warning of the dataset says what was decided where it could be otherwise.",
        examples=["splits"],
    )


class BuiltinReference(RequestModel):
    """A dataset that comes with the service, or that Keras knows where to download."""

    kind: Literal["builtin"]
    name: Literal["digits", "mnist", "fashion_mnist", "cifar10", "cifar100"] = Field(
        description="digits: scikit-learn's 1,797 handwritten digits, 8x8, one channel, values 0-255. The others are "
        "downloaded by Keras, where the operator allows it."
    )


class UploadReference(ImageOptions):
    """A file that was uploaded before; what an upload's dataset has as its reference."""

    kind: Literal["upload"]
    sha256: Sha256 = Field(description="Of the uploaded file.")


class PathReference(ImageOptions):
    """A file or folder on the workers' machine, below a root that the operator has configured."""

    kind: Literal["path"]
    path: Annotated[str, StringConstraints(pattern=r"^/[^\x00]*$", max_length=4096)] = Field(
        description="Absolute.", examples=["/data/flowers"]
    )


class UrlReference(ImageOptions):
    """A file to be fetched over https, where the operator allows it."""

    kind: Literal["url"]
    url: Annotated[str, StringConstraints(pattern=r"^https://", max_length=4096)]
    sha256: Sha256 | None = Field(None, description="What the file must have; recommended.")


class S3Reference(ImageOptions):
    """An object, or all objects below a prefix that ends in a slash, in a bucket that the operator allows."""

    kind: Literal["s3"]
    bucket: BucketName
    key: Annotated[str, StringConstraints(min_length=0, max_length=1024)] = Field(
        description="An object, or a prefix that ends in '/' (or is empty, for the whole bucket)."
    )


class GsReference(ImageOptions):
    """As ``s3``, in Google's storage."""

    kind: Literal["gs"]
    bucket: BucketName
    key: Annotated[str, StringConstraints(min_length=0, max_length=1024)] = Field(
        description="An object, or a prefix that ends in '/' (or is empty, for the whole bucket)."
    )


class HuggingFaceReference(ImageOptions):
    """A dataset of the Hugging Face hub in its Parquet form, where the operator has named a hub."""

    kind: Literal["huggingface"]
    # Lengths are bounded beside the patterns: all letters, so often repeated, compile for a fifth of a second.
    repository: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.-]*(/[\w.-]+)?$", max_length=193)] = Field(
        examples=["ylecun/mnist"]
    )
    configuration: Annotated[str, StringConstraints(pattern=r"^[\w.-]+$", max_length=200)] | None = Field(
        None, description="Null: the only one, or 'default'."
    )


class RegisteredReference(RequestModel):
    """A dataset that is registered already, by its id."""

    kind: Literal["dataset"]
    id: DatasetId


_Union = Annotated[
    BuiltinReference
    | UploadReference
    | PathReference
    | UrlReference
    | S3Reference
    | GsReference
    | HuggingFaceReference
    | RegisteredReference,
    Discriminator("kind"),
]
DatasetReference = Annotated[
    _Union, names_its_kinds("builtin", "upload", "path", "url", "s3", "gs", "huggingface", "dataset")
]
"""Which images a client means."""
