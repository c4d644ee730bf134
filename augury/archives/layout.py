"""Where everything is in an archive: names, order, and what the manifest says. No pixel is touched here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from api_schemas.chunks import ChunkSpan
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import AugmentationRequest
from api_schemas.plans import AugmentationPlan
from augury.archives.portable_names import portable_names
from augury.planning.augmentation import Sources, chunk_spans, sources_of

MANIFEST = "manifest.jsonl"
_VALUES = (
    "raw intensity units of the dataset: the preprocessing half of the spec (rescale, centring, normalisation, "
    "whitening) is not applied"
)
_STORED_AS = {
    "zip": "PNG files; values are rounded and clipped to the type of the dataset",
    "tar": "PNG files; values are rounded and clipped to the type of the dataset",
    "npz": "float32 array `images`, row by row, as computed; `labels` index `class_names`",
}


@dataclass(frozen=True)
class ArchivedImage:
    """One image of the archive: which it is there, and what it was made from."""

    ordinal: int
    source: int
    label: int
    split: str | None
    round: int | None


@dataclass(frozen=True)
class Layout:
    """The archive of one job."""

    folder: str
    """Of the job's artifacts."""
    digest: str
    facts: DatasetFacts
    request: AugmentationRequest
    plan: AugmentationPlan

    @property
    def archive(self) -> str:
        """The archive's name."""
        return f"augmented.{self.request.format}"

    @cached_property
    def spans(self) -> list[ChunkSpan]:
        """The chunks, in order."""
        return list(chunk_spans(self.plan))

    @property
    def images(self) -> int:
        """How many there are in the archive."""
        return self.source_images * self.plan.passes

    @property
    def source_images(self) -> int:
        """How many images of the dataset are augmented."""
        return self.facts.images if self.plan.source_images is None else self.plan.source_images

    def part_images(self, number: int) -> str:
        """The artifact with a chunk's images, one after the other."""
        return f"{self.folder}/chunks/{number:06d}.images"

    def part_manifest(self, number: int) -> str:
        """The artifact with a chunk's lines of the manifest."""
        return f"{self.folder}/chunks/{number:06d}.jsonl"

    def sources_of(self, span: ChunkSpan) -> Sources:
        """Which images of the dataset a chunk is made from."""
        return sources_of(self.request, self.source_images, span)

    @cached_property
    def class_names(self) -> list[str]:
        """In label order."""
        return list(self.facts.classes)

    @cached_property
    def class_folders(self) -> list[str]:
        """A folder per class, distinct on every file system and never outside of where the archive is unpacked."""
        if self.plan.layout == 1:
            return _folders_of_layout_1(self.class_names)
        return portable_names(self.class_names, taken=frozenset({MANIFEST}))

    def file_of(self, image: ArchivedImage) -> dict[str, Any]:
        """Where an image is to be found in the archive."""
        return _FINDERS[self.request.format](self, image)

    def header(self) -> dict[str, Any]:
        """The first line of the manifest: what all images have in common."""
        request = self.request.model_dump(mode="json", exclude={"kind", "dataset", "device", "labels", "splits"})
        return {
            "schema": "augury.augmentation/1",
            "dataset_digest": self.digest,
            "class_names": self.class_names,
            "shape": list(self.facts.shape),
            "source_dtype": self.facts.dtype,
            "source_images": self.source_images,
            **({} if self.plan.layout == 1 else self._of_layout_2()),
            "images": self.images,
            "values": _VALUES,
            "stored_as": _STORED_AS[self.request.format],
            **request,
        }

    def _of_layout_2(self) -> dict[str, Any]:
        folders = {"class_folders": self.class_folders} if self.request.format == "zip" else {}
        return {"splits": self.plan.splits, "left_out": self.plan.left_out, **folders}


def _folders_of_layout_1(class_names: list[str]) -> list[str]:
    """As parts that an earlier version made have them in their lines."""
    safe = [re.sub(r"[^\w .-]", "_", name).strip(" .") for name in class_names]
    if all(safe) and len({name.casefold() for name in safe}) == len(safe):
        return safe
    return [f"{label}_{name}" for label, name in enumerate(safe)]


def _in_class_folder(layout: Layout, image: ArchivedImage) -> dict[str, Any]:
    which = "original" if image.round is None else f"round{image.round:02d}"
    return {"file": f"{_folder(image)}{layout.class_folders[image.label]}/{which}_{image.source:06d}.png"}


def _in_shard(layout: Layout, image: ArchivedImage) -> dict[str, Any]:
    digits = max(6, len(str(layout.images - 1)))
    return {"file": f"{_folder(image)}{image.ordinal:0{digits}d}.png"}


def _in_array(_layout: Layout, image: ArchivedImage) -> dict[str, Any]:
    return {"row": image.ordinal}


def _folder(image: ArchivedImage) -> str:
    return f"{image.split}/" if image.split else ""


_FINDERS = {"zip": _in_class_folder, "tar": _in_shard, "npz": _in_array}


def batches(sources: Sources, size: int) -> Iterator[range]:
    """The images of a chunk, a few at a time."""
    for start in range(sources.start, sources.stop, size):
        yield range(start, min(start + size, sources.stop))
