"""What a folder's name says: a split, images to predict, one part of several; or nothing, as a class's does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from augury.datasets.formats.split_names import WORDS, split_of

PREDICTION = "prediction"
"""Said of folders of images whose classes nobody knows yet."""

_PREDICTION_WORDS = "prediction predictions predict predicting pred preds inference unlabeled unlabelled unannotated"
_ROLES = {
    **{word: split for word, split in WORDS.items() if word.isalpha()},
    **dict.fromkeys(_PREDICTION_WORDS.split(), PREDICTION),
    "trainval": "train",
}
_FILLERS = frozenset(
    [
        "set",
        "sets",
        "data",
        "dataset",
        "datasets",
        "image",
        "images",
        "img",
        "imgs",
        "folder",
        "folders",
        "dir",
        "directory",
        "file",
        "files",
        "sample",
        "samples",
        "photo",
        "photos",
        "picture",
        "pictures",
        "pic",
        "pics",
        "split",
        "splits",
        "input",
        "inputs",
        "original",
        "originals",
        "orig",
        "raw",
        "full",
        "small",
        "single",
        "jpg",
        "jpeg",
        "png",
        "tif",
        "tiff",
        "all",
        "my",
        "the",
        "for",
        "new",
        "old",
        "final",
        "v",
        "version",
    ]
)
_PART_WORDS = frozenset(["fold", "folds", "kfold", "cv", "split", "part", "batch", "subset", "set", "chunk", "shard"])
_KNOWN = sorted({*_ROLES, *_FILLERS, *_PART_WORDS} - {"v", "my", "all", "the"}, key=len, reverse=True)
_COMPOUND = re.compile(f"(?:{'|'.join(_KNOWN)})+")
_EACH = re.compile("|".join(_KNOWN))


@dataclass(frozen=True)
class FolderName:
    """A name, and what its words say."""

    text: str
    role: str | None
    """A split or ``PREDICTION``, where one of its words says exactly one of them."""
    is_plain: bool
    """Whether there is nothing else in it but numbers and words like "set" and "images"."""
    is_usual: bool
    """Whether it is one of the words themselves, so that nobody would doubt it."""
    is_part: bool
    """Whether it is a number of a fold, part or batch."""
    rest: tuple[str, ...] = ()
    """The words that say nothing about splits: of "xray_train" the first."""

    @property
    def sure_role(self) -> str | None:
        """The role where nothing else is in the name: of "test_set", not of "test_tube"."""
        return self.role if self.is_plain else None

    @property
    def is_filler(self) -> bool:
        """Whether it says nothing at all: "images"."""
        return self.is_plain and self.role is None and not self.is_part


@lru_cache(maxsize=4096)
def folder_name(text: str) -> FolderName:
    """What a folder's name says, in any case, with any separators, and in one word: "TrainingSet", "val2017"."""
    usual = split_of(text)
    if usual is not None:
        return FolderName(text, usual, is_plain=True, is_usual=True, is_part=False)
    if _EACH.search(text.casefold()) is None:
        return FolderName(text, None, is_plain=False, is_usual=False, is_part=False, rest=(text,))
    words = _words(text)
    roles = {_ROLES[word] for word in words if word in _ROLES}
    role = PREDICTION if PREDICTION in roles else next(iter(roles)) if len(roles) == 1 else None
    rest = [word for word in words if not word.isdigit() and word not in _ROLES and word not in _FILLERS]
    is_part = (
        not roles
        and any(word in _PART_WORDS for word in words)
        and any(word.isdigit() for word in words)
        and all(word.isdigit() or word in _PART_WORDS or word in _FILLERS for word in words)
    )
    is_plain = len(roles) < 2 + (role == PREDICTION) and not rest and any(not word.isdigit() for word in words)
    return FolderName(text, role, is_plain=is_plain, is_usual=False, is_part=is_part, rest=tuple(rest))


def _words(text: str) -> list[str]:
    """Letters and digits apart, "trainSet" and "trainset" each as two words."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    found = re.findall(r"[^\W\d_]+|\d+", spaced.casefold())
    return [part for word in found for part in (_EACH.findall(word) if _COMPOUND.fullmatch(word) else [word])]
