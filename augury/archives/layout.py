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
        return self.facts.images * self.plan.passes

    def part_images(self, number: int) -> str:
        """The artifact with a chunk's images, one after the other."""
        return f"{self.folder}/chunks/{number:06d}.images"

    def part_manifest(self, number: int) -> str:
        """The artifact with a chunk's lines of the manifest."""
        return f"{self.folder}/chunks/{number:06d}.jsonl"

    def sources_of(self, span: ChunkSpan) -> Sources:
        """Which images of the dataset a chunk is made from."""
        return sources_of(self.request, self.facts.images, span)

    @cached_property
    def class_names(self) -> list[str]:
        """In label order."""
        return list(self.facts.classes)

    @cached_property
    def class_folders(self) -> list[str]:
        """A folder per class, distinct on every file system and never outside of where the archive is unpacked."""
        safe = [re.sub(r"[^\w .-]", "_", name).strip(" .") for name in self.class_names]
        if all(safe) and len({name.casefold() for name in safe}) == len(safe):
            return safe
        return [f"{label}_{name}" for label, name in enumerate(safe)]

    def file_of(self, ordinal: int, sources: Sources, source: int, label: int) -> dict[str, Any]:
        """Where an image is to be found in the archive."""
        return _FINDERS[self.request.format](self, ordinal, sources, source, label)

    def header(self) -> dict[str, Any]:
        """The first line of the manifest: what all images have in common."""
        request = self.request.model_dump(mode="json", exclude={"kind", "dataset", "device", "labels"})
        return {
            "schema": "augury.augmentation/1",
            "dataset_digest": self.digest,
            "class_names": self.class_names,
            "shape": list(self.facts.shape),
            "source_dtype": self.facts.dtype,
            "source_images": self.facts.images,
            "images": self.images,
            "values": _VALUES,
            "stored_as": _STORED_AS[self.request.format],
            **request,
        }


def _in_class_folder(layout: Layout, _ordinal: int, sources: Sources, source: int, label: int) -> dict[str, Any]:
    which = "original" if sources.round is None else f"round{sources.round:02d}"
    return {"file": f"{layout.class_folders[label]}/{which}_{source:06d}.png"}


def _in_shard(layout: Layout, ordinal: int, _sources: Sources, _source: int, _label: int) -> dict[str, Any]:
    digits = max(6, len(str(layout.images - 1)))
    return {"file": f"{ordinal:0{digits}d}.png"}


def _in_array(_layout: Layout, ordinal: int, _sources: Sources, _source: int, _label: int) -> dict[str, Any]:
    return {"row": ordinal}


_FINDERS = {"zip": _in_class_folder, "tar": _in_shard, "npz": _in_array}


def batches(sources: Sources, size: int) -> Iterator[range]:
    """The images of a chunk, a few at a time."""
    for start in range(sources.start, sources.stop, size):
        yield range(start, min(start + size, sources.stop))
