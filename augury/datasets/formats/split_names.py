"""The words by which people mean train, validation and test, and how file names say them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from augury.datasets.errors import DatasetError
from augury.datasets.labelled_images import SPLITS

WORDS = {
    "train": "train",
    "training": "train",
    "trn": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "validate": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
    "tst": "test",
    "eval": "test",
    "evaluation": "test",
    "holdout": "test",
    "t10k": "test",  # MNIST's ten thousand
}
UNDERSTOOD = ", ".join(SPLITS)


def split_of(name: str) -> str | None:
    """The split that a word means, in any case: "Training" -> "train"; None where it means none."""
    return WORDS.get(name.strip().casefold())


def split_of_path(path: str) -> str | None:
    """The split that a file's name says (``train-00000-of-00002.parquet``), or the folder nearest to it that does."""
    parts = PurePosixPath(path).parts
    for part in reversed(parts):
        for word in re.split(r"[^a-z0-9]+", part.casefold()):
            if word in WORDS:
                return WORDS[word]
    return None


def splits_of_files(paths: Sequence[str], rule: str) -> list[str] | None:
    """The split of each file by its name, or None where they do not name at least two different ones.

    Raises:
        DatasetError: some files name a split and others do not, so it is not known where those belong; *rule*.
    """
    splits = [split_of_path(path) for path in paths]
    if len(set(splits)) < 2:
        return None
    unknown = next((path for path, split in zip(paths, splits, strict=True) if split is None), None)
    if unknown is not None:
        raise DatasetError(
            rule, f"some files are named after a split and {unknown!r} is not; expected {UNDERSTOOD} in every name"
        )
    return [split for split in splits if split is not None]


def fixed_splits(splits: Sequence[str]) -> Sequence[str] | None:
    """The splits as they are, or None where all images are in one: then there is nothing to keep apart."""
    return splits if len(set(splits)) > 1 else None


def splits_of_texts(texts: Sequence[str], rule: str, *, must: bool) -> list[str] | None:
    """The split of each image by what a column says; None where there is nothing to keep apart.

    A column that only happens to be called "set" and never says a split is none, unless it *must* be.

    Raises:
        DatasetError: some of the texts are splits and others are not; *rule*.
    """
    understood = {text: split_of(text) for text in set(texts)}
    if not must and not any(understood.values()):
        return None
    odd = sorted(text for text, split in understood.items() if split is None)
    if odd:
        raise DatasetError(
            rule, f"got the split {odd[0][:60]!r} for {texts.count(odd[0])} images, expected {UNDERSTOOD}"
        )
    splits = [understood[text] or "" for text in texts]
    return splits if len(set(splits)) > 1 else None
