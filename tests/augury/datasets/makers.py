"""Images, archives and folders for tests, and the way through the reader."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from api_schemas.datasets.references import ImageOptions
from augury.datasets.containers.base import Contents
from augury.datasets.containers.detection import open_contents
from augury.datasets.errors import DatasetError
from augury.datasets.reading import read_dataset
from augury.datasets.settings import IngestSettings
from augury.datasets.snapshot_builder import AssembledSnapshot

Files = Mapping[str, bytes]
LIMITS = IngestSettings()


def pixels(seed: int = 0, shape: tuple[int, ...] = (8, 8, 3), dtype: Any = np.uint8) -> np.ndarray[Any, Any]:
    """Random values of a shape and an unsigned type."""
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def encoded(image: Image.Image | np.ndarray[Any, Any], kind: str = "PNG", **options: Any) -> bytes:
    """An image file's bytes."""
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def photographs(classes: int = 2, each: int = 3) -> dict[str, bytes]:
    """Class folders with a few small images, all different."""
    return {
        f"class-{label}/{number}.png": encoded(pixels(100 * label + number))
        for label in range(classes)
        for number in range(each)
    }


def folder_of(path: Path, files: Files) -> Path:
    """A folder with these files."""
    for name, content in files.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return path


def zip_of(path: Path, files: Files, method: int = zipfile.ZIP_DEFLATED) -> Path:
    """A zip with these members."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return path


def tar_of(path: Path, files: Files, mode: str = "w") -> Path:
    """A tar with these members; mode "w:gz" packs it."""
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def fresh_workspace(path: Path) -> Path:
    """An empty folder beside a source."""
    for number in range(1000):
        workspace = path.parent / f"workspace-{number}"
        if not workspace.exists():
            workspace.mkdir()
            return workspace
    raise AssertionError("too many workspaces")


@contextmanager
def opened(path: Path, limits: IngestSettings = LIMITS, name: str | None = None) -> Iterator[Contents]:
    """The contents of a file or folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield open_contents(descriptor, name or path.name, fresh_workspace(path), limits)
    finally:
        os.close(descriptor)


def read(path: Path, limits: IngestSettings = LIMITS, **options: Any) -> AssembledSnapshot:
    """A snapshot of a file or folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        chosen = ImageOptions(**options)
        return read_dataset(descriptor, path.name, chosen, fresh_workspace(path), limits, lambda *_: None)
    finally:
        os.close(descriptor)


@contextmanager
def refused(rule: str, *words: str) -> Iterator[None]:
    """See that what is done ends in a DatasetError of that rule, whose message has these words."""
    with pytest.raises(DatasetError) as caught:
        yield
    assert caught.value.rule == rule, str(caught.value)
    for word in words:
        assert word in str(caught.value)


def stored(snapshot: AssembledSnapshot) -> np.ndarray[Any, Any]:
    """The pixels of a snapshot."""
    images: np.ndarray[Any, Any] = np.load(snapshot.folder / "images.npy")
    return images
