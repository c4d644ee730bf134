"""What ingestion says of a snapshot: its numbers, and in sentences what a person should look at."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from posixpath import splitext
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.datasets.dataset import DatasetFacts
from augury.datasets.formats.data_files import IMAGE_SUFFIXES
from augury.datasets.images.encoded import StoredImages
from augury.datasets.images.pixel_file import PixelFile
from augury.datasets.images.statistics import value_quantiles
from augury.datasets.labelled_images import SPLITS, Listing
from augury.wording import count

NEAR_CONSTANT = 0.02
"""An image whose values spread over no more than this share of the dataset's range is nearly constant."""
_FEW_IMAGES = 10
_IMBALANCE = 10
_MAX_SIZES = 100
_MAX_NAMED = 5


@dataclass(frozen=True)
class Labelled:
    """The kept images' labels (codes), and names, splits and groups, in the order of the pixels."""

    class_names: Sequence[str]
    codes: npt.NDArray[np.int64]
    names: Sequence[str]
    splits: Sequence[str] | None
    groups: Sequence[str] | None
    are_digits: bool = False


@dataclass(frozen=True)
class _Copies:
    all: int
    with_other_label: int
    across_splits: int


def facts_of(stored: StoredImages, labelled: Labelled, listing: Listing, are_files: bool) -> DatasetFacts:
    """All that is known of a listing's snapshot. *are_files*: names are files', with extensions."""
    shape, whole, copies = stored.pixels.shape, stored.whole, _copies(stored, labelled)
    spread = stored.measures.spread[stored.kept]
    extensions = Counter(splitext(name)[1].lower() for name in labelled.names) if are_files else Counter[str]()
    facts = DatasetFacts(
        images=len(labelled.codes),
        classes=_counts(labelled, labelled.codes),
        shape=shape.array_shape,
        dtype=shape.dtype.name,
        value_range=(whole.low, whole.high),
        value_quantiles=value_quantiles(partial(_image, stored.pixels), len(labelled.codes)),
        channel_mean=whole.mean.tolist(),
        channel_std=np.sqrt(whole.squares / whole.pixels).tolist(),
        splits=_splits(labelled),
        groups=None if labelled.groups is None else len(set(labelled.groups)),
        are_digits=labelled.are_digits,
        sizes=dict(Counter(stored.sizes).most_common(_MAX_SIZES)),
        extensions={suffix: count for suffix, count in extensions.most_common() if suffix in IMAGE_SUFFIXES},
        near_constant=int((spread <= NEAR_CONSTANT * (whole.high - whole.low)).sum()),
        duplicates=copies.all,
        duplicates_with_other_label=copies.with_other_label,
        duplicates_across_splits=copies.across_splits,
        skipped=listing.skipped.summary(),
    )
    return facts.model_copy(update={"warnings": [*listing.notes, *stored.notes, *_warnings(facts)]})


def _image(pixels: PixelFile, index: int) -> npt.NDArray[Any]:
    return np.frombuffer(pixels.row(index), pixels.shape.dtype).reshape(pixels.shape.array_shape)


def _counts(labelled: Labelled, codes: npt.NDArray[np.int64]) -> dict[str, int]:
    counts = np.bincount(codes, minlength=len(labelled.class_names)).tolist()
    return dict(zip(labelled.class_names, counts, strict=True))


def _splits(labelled: Labelled) -> dict[str, dict[str, int]]:
    if labelled.splits is None:
        return {}
    of_images = np.asarray(labelled.splits)
    present = [split for split in SPLITS if (of_images == split).any()]
    return {split: _counts(labelled, labelled.codes[of_images == split]) for split in present}


def _copies(stored: StoredImages, labelled: Labelled) -> _Copies:
    """Exact copies. Checksums say which images may be such, and SHA-256 of their pixels which are."""
    checksums = stored.measures.checksum[stored.kept]
    _, inverse, counts = np.unique(checksums, return_inverse=True, return_counts=True)
    first: dict[bytes, int] = {}
    found, other_label, across = 0, 0, 0
    for index in np.flatnonzero(counts[inverse] > 1).tolist():
        original = first.setdefault(hashlib.sha256(stored.pixels.row(index)).digest(), index)
        if original != index:
            found += 1
            other_label += int(labelled.codes[original] != labelled.codes[index])
            across += labelled.splits is not None and labelled.splits[original] != labelled.splits[index]
    return _Copies(found, other_label, across)


def _warnings(facts: DatasetFacts) -> list[str]:
    """Sentences for what is not as it should be, the worst first."""
    return [
        *_leaks(facts),
        *_class_warnings(facts),
        *_image_warnings(facts),
        *(f"skipped {entry.count}: {entry.reason} (e.g. {entry.examples[0]!r})" for entry in facts.skipped),
    ]


def _leaks(facts: DatasetFacts) -> list[str]:
    sentences = {
        f"{facts.duplicates_across_splits} images are exact copies of images in another split: accuracy on it is "
        "overstated": facts.duplicates_across_splits,
        f"{facts.duplicates_with_other_label} images are exact copies of images of another class: one of the labels is "
        "wrong": facts.duplicates_with_other_label,
        f"{facts.duplicates} images are exact copies of others; without fixed splits, copies may land on both sides": (
            facts.duplicates and not facts.splits
        ),
    }
    return [sentence for sentence, applies in sentences.items() if applies]


def _class_warnings(facts: DatasetFacts) -> list[str]:
    empty = [name for name, count in facts.classes.items() if count == 0]
    small = [name for name, count in facts.classes.items() if 0 < count < _FEW_IMAGES]
    min_images, max_images = min(facts.classes.values()), max(facts.classes.values())
    untrained = [name for name, count in facts.splits.get("train", {}).items() if count == 0 and name not in empty]
    in_one_case = Counter(name.casefold() for name in facts.classes)
    alike = [name for name in facts.classes if in_one_case[name.casefold()] > 1]
    sentences = {
        "there is only one class: it can be augmented, and nothing can be learnt from it": len(facts.classes) == 1,
        f"classes differ in upper and lower case only: {_quoted_names(alike)}": alike,
        f"{_classes_have(empty)} no images: {_quoted_names(empty)}": empty,
        f"{_classes_have(untrained)} no images to train on: {_quoted_names(untrained)}": untrained,
        f"{_classes_have(small)} fewer than {_FEW_IMAGES} images: {_quoted_names(small)}": small,
        f"the largest class has {max_images} images and the smallest {min_images}: accuracy says little about the "
        "small ones": (min_images and max_images > _IMBALANCE * min_images),
    }
    return [sentence for sentence, applies in sentences.items() if applies]


def _image_warnings(facts: DatasetFacts) -> list[str]:
    height, width, _ = facts.shape
    resized = sum(count for size, count in facts.sizes.items() if size != f"{height}x{width}")
    sentences = {
        f"{facts.near_constant} images are nearly constant: their values spread over at most {NEAR_CONSTANT:.0%} of "
        "the dataset's range": facts.near_constant,
        f"{resized} images had another size and were resized to {height}x{width}": (resized and len(facts.sizes) > 1),
        f"the images are of several file types: {_quoted_names(list(facts.extensions))}": len(facts.extensions) > 1,
    }
    return [sentence for sentence, applies in sentences.items() if applies]


def _classes_have(names: Sequence[str]) -> str:
    return count(len(names), "class has", "classes have")


def _quoted_names(names: Sequence[str]) -> str:
    named = ", ".join(repr(name) for name in names[:_MAX_NAMED])
    return f"{named} and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else named
