"""What one model took the images of its conditions for, and the file that it is kept in."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ConditionAnswers:
    """One model's answers to one condition, at S strengths; another dataset's images are shown at one, unchanged."""

    indices: Integers
    """Of the images that were shown ``[n]``, in the snapshot that they are of."""
    labels: Integers
    """Their classes ``[n]``, as the comparison's own dataset numbers them."""
    predicted: npt.NDArray[Any]
    """The class that each is taken for ``[S, n]``, integers."""
    probability: npt.NDArray[np.float32]
    """Of the true class ``[S, n]``."""
    values: npt.NDArray[np.float32] | None = None
    """What the deciding metric keeps of all probabilities ``[S, n]``; None where it takes none of them."""


@dataclass(frozen=True)
class ConditionResults:
    """What the models of a comparison answered so far."""

    answers: Mapping[tuple[str, int], Mapping[str, ConditionAnswers]]
    """Of the model of an arm on a seed, by condition."""
    failed: int = 0
    """Models that should have been judged, and could not be."""
    groups: Mapping[str, Integers] = field(default_factory=dict)
    """Of other datasets whose images come in groups, the group of every image ``[N]``, by their ids."""

    def of_arm(self, arm: str) -> dict[int, Mapping[str, ConditionAnswers]]:
        """By seed."""
        return {seed: answers for (name, seed), answers in self.answers.items() if name == arm}


_FIELDS = tuple(each.name for each in fields(ConditionAnswers))
_READ_AS = {"indices": np.int64, "labels": np.int64, "probability": np.float32}


def to_npz(answers: Mapping[str, ConditionAnswers]) -> bytes:
    """Answers by condition as a file: integers in the smallest type that holds them, probabilities in 16 bits."""
    arrays = {
        f"{name}/{of_images}": _smaller(of_images, array)
        for name, of_condition in answers.items()
        for of_images in _FIELDS
        if (array := getattr(of_condition, of_images)) is not None
    }
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _smaller(of_images: str, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if array.dtype.kind in "iu":
        return array.astype(np.min_scalar_type(int(array.max(initial=0))))
    return array.astype(np.float16 if of_images == "probability" else np.float32)


def from_npz(content: bytes) -> dict[str, ConditionAnswers]:
    """The answers in a file that ``to_npz`` made; predicted classes stay as small as they are stored."""
    found: dict[str, dict[str, Any]] = {}
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        for path in stored.files:
            name, _, of_images = path.rpartition("/")
            array = stored[path]
            found.setdefault(name, {})[of_images] = array.astype(_READ_AS.get(of_images, array.dtype), copy=False)
    return {name: ConditionAnswers(**arrays) for name, arrays in found.items()}
