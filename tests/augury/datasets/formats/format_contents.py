"""Datasets as their owners would have them: real files in a real folder, opened as ingestion opens them."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from api_schemas.datasets.references import ImageOptions
from augury.datasets.containers.base import Contents
from augury.datasets.containers.detection import open_contents
from augury.datasets.containers.folder import SingleFile
from augury.datasets.errors import DatasetError
from augury.datasets.labelled_images import ArrayImages, EncodedImages, Listing
from augury.datasets.settings import IngestSettings

Recogniser = Callable[[Contents, ImageOptions, IngestSettings], Listing | None]
LIMITS = IngestSettings()


def png(value: int, side: int = 4) -> bytes:
    """A grey square."""
    buffer = io.BytesIO()
    Image.fromarray(np.full((side, side), value, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def pixels(count: int, *shape: int, dtype: Any = np.uint8) -> npt.NDArray[Any]:
    """Images that all differ."""
    return np.random.default_rng(count).integers(0, 256, (count, *(shape or (5, 4)))).astype(dtype)


def npy(array: npt.NDArray[Any], **options: Any) -> bytes:
    """An array as NumPy saves it."""
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def npz(*, packed: bool = True, **arrays: npt.NDArray[Any]) -> bytes:
    """Arrays as NumPy saves them together."""
    buffer = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def read_folder(
    folder: Path,
    files: Mapping[str, bytes],
    recognise: Recogniser,
    columns: Mapping[str, str] | None = None,
    limits: IngestSettings = LIMITS,
) -> Listing | None:
    """What a reader makes of *files* in a folder."""
    source, workspace = folder / "source", folder / "workspace"
    workspace.mkdir()
    for name, content in files.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    contents = open_contents(os.open(source, os.O_RDONLY), "source", workspace, limits)
    return recognise(contents, _options(columns), limits)


@contextmanager
def one_file(content: bytes, name: str) -> Iterator[Contents]:
    """A file alone, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        descriptor = os.open(path, os.O_RDONLY)
        try:
            yield SingleFile(descriptor, name, Path(folder))
        finally:
            os.close(descriptor)


def survives(content: bytes, name: str, recognise: Recogniser) -> None:
    """A reader takes the file, or leaves it, or refuses it; an image of it is read or refused. Nothing else happens."""
    error = _refusal(content, name, recognise)
    assert error is None or ("." in error.rule and str(error))


def _refusal(content: bytes, name: str, recognise: Recogniser) -> DatasetError | None:
    try:
        with one_file(content, name) as contents:
            listing = recognise(contents, ImageOptions(), LIMITS)
            if listing is not None:
                assert len(listing.names) == len(listing.labels) > 0
                image_at(listing, 0)
    except DatasetError as error:
        return error
    return None


def image_at(listing: Listing, index: int) -> Any:
    """The bytes or the array of one image."""
    if isinstance(listing.images, EncodedImages):
        return listing.images.read(index)
    assert isinstance(listing.images, ArrayImages)
    return listing.images.pixels[index]


def refused(folder: Path, files: Mapping[str, bytes], recognise: Recogniser, **options: Any) -> DatasetError:
    """The error with which a reader refuses *files*."""
    with pytest.raises(DatasetError) as caught:
        read_folder(folder, files, recognise, **options)
    return caught.value


def skipped_of(listing: Listing) -> dict[str, int]:
    """Counts by reason."""
    return {skipped.reason: skipped.count for skipped in listing.skipped.summary()}


def same_images(listing: Listing, expected: Sequence[bytes]) -> bool:
    """Whether the encoded images are these, in this order."""
    return [image_at(listing, index) for index in range(len(listing.names))] == list(expected)


def _options(columns: Mapping[str, str] | None) -> ImageOptions:
    return ImageOptions.model_validate({"columns": dict(columns)} if columns else {})
