"""For every rule a spec that it is about, and a near miss that it must leave alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api_schemas.datasets.dataset import DatasetFacts


def facts(
    shape: tuple[int, int, int] = (64, 64, 3),
    values: tuple[float, float] = (0.0, 255.0),
    mean: float | None = None,
    deviation: float | None = None,
    classes: dict[str, int] | None = None,
    dtype: str = "uint8",
) -> DatasetFacts:
    """Facts of a dataset: by default 1,000 photographs of cats and dogs."""
    low, high = values
    classes = {"cat": 500, "dog": 500} if classes is None else classes
    return DatasetFacts(
        images=sum(classes.values()),
        classes=classes,
        shape=shape,
        dtype=dtype,
        value_range=values,
        channel_mean=[(low + high) / 2 if mean is None else mean] * shape[2],
        channel_std=[(high - low) / 5 if deviation is None else deviation] * shape[2],
    )


PHOTOS = facts()
NUMBERED = facts((8, 8, 1), mean=77, deviation=95, classes={str(n): 180 for n in range(10)})
DIGITS = NUMBERED.model_copy(update={"are_digits": True})
UNIT = facts(values=(0.0, 1.0), dtype="float32")
SIGNED = facts(values=(-1.0, 1.0), dtype="float32")
WIDE = facts((40, 120, 1))
TINY = facts((16, 16, 1))
ARROWS = facts(classes={"turn left": 50, "turn right": 50})
RARE = facts(classes={"healthy": 400, "ill": 16})
FEW = facts(classes={"cat": 9, "dog": 500})
SPLITS = {"train": {"cat": 400, "dog": 400}, "test": {"cat": 100, "dog": 100}}


def flawed(**flaws: Any) -> DatasetFacts:
    """The photographs, with something the matter with single ones."""
    return PHOTOS.model_copy(update=flaws)


@dataclass(frozen=True)
class Example:
    """A spec with the facts of its dataset."""

    spec: dict[str, Any]
    facts: DatasetFacts | None = None
    semantics: str = "keras"


E = Example
FLIP = {"horizontal_flip": True}
STANDARD = {"samplewise_center": True, "samplewise_std_normalization": True}

CASES: dict[str, tuple[Example, Example]] = {
    "shear-in-degrees": (E({"shear_range": 0.5}), E({"shear_range": 5})),
    "rotation-in-degrees": (E({"rotation_range": 0.5}), E({"rotation_range": 2})),
    "rotation-changes-labels": (E({"rotation_range": 90}, DIGITS), E({"rotation_range": 90}, PHOTOS)),
    "flip-changes-labels": (E(FLIP, ARROWS), E({"vertical_flip": True}, ARROWS)),
    "vertical-flip": (E({"vertical_flip": True}, PHOTOS), E({"vertical_flip": True}, DIGITS)),
    "zoom-distorts": (E({"zoom_range": 0.5}), E({"zoom_range": 0.3})),
    "zoom-extreme": (E({"zoom_range": [0.1, 0.1]}), E({"zoom_range": [0.5, 1.5]})),
    "zoom-one-sided": (E({"zoom_range": [0.7, 1.0]}), E({"zoom_range": [0.9, 1.1]})),
    "never-unchanged": (E({"rotation_range": 5}), E({"width_shift_range": 2})),
    "shift-never-moves": (E({"width_shift_range": 1}), E({"width_shift_range": 2})),
    "shift-near-one": (E({"width_shift_range": 1.0}), E({"width_shift_range": 2.0})),
    "shift-list-is-a-set": (E({"width_shift_range": [-4, 4]}), E({"width_shift_range": 4})),
    "shift-list-leaves-the-image": (E({"height_shift_range": [-2, 0]}), E({"height_shift_range": [-2, 2]})),
    "shift-large": (E({"width_shift_range": 0.3}), E({"width_shift_range": 0.25})),
    "shift-axes-swapped": (
        E({"width_shift_range": 0.1}),
        E({"width_shift_range": 0.1, "height_shift_range": 0.1}, PHOTOS),
    ),
    "wrong-pivot": (E({"rotation_range": 10}, WIDE), E({"rotation_range": 10}, WIDE, "corrected")),
    "invented-pixels": (E({"rotation_range": 180, "zoom_range": [1, 1.5]}), E({"rotation_range": 20})),
    "half-hidden": (E({"zoom_range": [0.5, 0.9]}), E({"zoom_range": [0.8, 1.2]})),
    "nearest-smears": (
        E({"width_shift_range": 0.4, "height_shift_range": 0.4}),
        E({"width_shift_range": 0.4, "height_shift_range": 0.4, "fill_mode": "reflect"}),
    ),
    "cval-unused": (
        E({"cval": 255, "rotation_range": 5}),
        E({"cval": 255, "rotation_range": 5, "fill_mode": "constant"}),
    ),
    "cval-in-rescaled-units": (
        E({"cval": 1, "rotation_range": 5, "fill_mode": "constant"}, PHOTOS),
        E({"cval": 1, "rotation_range": 5, "fill_mode": "constant"}, UNIT),
    ),
    "cval-foreign": (
        E({"cval": -1, "rotation_range": 5, "fill_mode": "constant"}, PHOTOS),
        E({"cval": 0, "rotation_range": 5, "fill_mode": "constant"}, DIGITS),
    ),
    "constant-fill-shifts-statistics": (
        E({"rotation_range": 45, "fill_mode": "constant", "samplewise_center": True}, PHOTOS),
        E({"rotation_range": 45, "fill_mode": "constant", "samplewise_center": True, "cval": 127}, PHOTOS),
    ),
    "small-images-blur": (E({"rotation_range": 5}, TINY), E({"width_shift_range": 3}, TINY)),
    "spline-rings": (
        E({"rotation_range": 5, "interpolation_order": 3}),
        E({"interpolation_order": 3, "horizontal_flip": True}),
    ),
    "brightness-is-a-factor": (E({"brightness_range": [0, 0.2]}), E({"brightness_range": [0.5, 1.5]})),
    "brightness-one-sided": (E({"brightness_range": [1.1, 1.5]}), E({"brightness_range": [1.0, 1.5]})),
    "brightness-blackens": (
        E({"brightness_range": [0.8, 1.2]}, UNIT),
        E({"brightness_range": [0.8, 1.2]}, UNIT, "corrected"),
    ),
    "brightness-stretches": (E({"brightness_range": [0.8, 1.2]}, SIGNED), E({"brightness_range": [0.8, 1.2]}, PHOTOS)),
    "brightness-channels": (
        E({"brightness_range": [0.8, 1.2]}, facts((8, 8, 2))),
        E({"brightness_range": [0.8, 1.2]}, facts((8, 8, 4))),
    ),
    "brightness-cancelled": (
        E({"brightness_range": [0.8, 1.2], **STANDARD}, DIGITS),
        E({"brightness_range": [0.8, 1.2], "rescale": 1 / 255}, DIGITS),
    ),
    "channel-shift-cancelled": (
        E({"channel_shift_range": 20, "samplewise_center": True}, PHOTOS),
        E({"channel_shift_range": 20, "featurewise_center": True}, PHOTOS),
    ),
    "channel-shift-negligible": (E({"channel_shift_range": 0.1}, PHOTOS), E({"channel_shift_range": 0.1}, UNIT)),
    "channel-shift-saturates": (E({"channel_shift_range": 30}, UNIT), E({"channel_shift_range": 30}, PHOTOS)),
    "channel-shift-is-grey": (E({"channel_shift_range": 30}, PHOTOS), E({"channel_shift_range": 30}, TINY)),
    "no-rescale": (E(FLIP, PHOTOS), E({**FLIP, **STANDARD}, PHOTOS)),
    "rescale-twice": (E({"rescale": 1 / 255}, UNIT), E({"rescale": 1 / 255}, PHOTOS)),
    "rescale-off-scale": (
        E({"rescale": 1 / 65_535}, PHOTOS),
        E({"rescale": 1 / 65_535, **STANDARD}, PHOTOS),
    ),
    "preprocessing-function-range": (
        E({"preprocessing_function": "imagenet_tf"}, UNIT),
        E({"preprocessing_function": "imagenet_tf"}, PHOTOS),
    ),
    "rescale-negative": (E({"rescale": -1 / 255}), E({"rescale": 1 / 255})),
    "rescale-zero": (E({"rescale": 0}), E({})),
    "featurewise-statistics": (E({"featurewise_center": True, "rescale": 1 / 255}, PHOTOS), E(STANDARD, PHOTOS)),
    "featurewise-after-samplewise": (
        E({"featurewise_center": True, "samplewise_center": True}, PHOTOS),
        E({"featurewise_center": True, "featurewise_std_normalization": True}, PHOTOS),
    ),
    "samplewise-near-constant": (
        E(STANDARD, facts(deviation=1)),
        E({"samplewise_center": True}, facts(deviation=1)),
    ),
    "samplewise-hides-intensity": (E({"samplewise_center": True}), E({"featurewise_center": True})),
    "needs-fit": (E({"zca_whitening": True}), E(STANDARD)),
    "zca-too-large": (E({"zca_whitening": True}, facts((224, 224, 3))), E({"zca_whitening": True}, facts((64, 64, 1)))),
    "zca-too-few-images": (
        E({"zca_whitening": True}, facts((40, 40, 1))),
        E({"zca_whitening": True}, facts((8, 8, 1))),
    ),
    "dtype-unusual": (E({"dtype": "float64"}), E({"dtype": "float32"})),
    "validation-split-takes-the-first": (E({"validation_split": 0.2}, PHOTOS), E(FLIP, PHOTOS)),
    "validation-too-small": (E({"validation_split": 0.2}, PHOTOS), E({"validation_split": 0.5}, PHOTOS)),
    "rare-classes": (E(FLIP, RARE), E(FLIP, PHOTOS)),
    "small-classes": (E(FLIP, FEW), E({"rescale": 1 / 255}, FEW)),
    "no-augmentation": (E({"rescale": 1 / 255}), E(FLIP)),
    "no-effective-augmentation": (
        E({"brightness_range": [0.8, 1.2], "channel_shift_range": 0.1, **STANDARD}, DIGITS),
        E({"brightness_range": [0.8, 1.2], "channel_shift_range": 0.1}, DIGITS),
    ),
    "copies-across-splits": (
        E(FLIP, flawed(splits=SPLITS, duplicates=3, duplicates_across_splits=3)),
        E(FLIP, flawed(splits=SPLITS, duplicates=30)),
    ),
    "copies-in-random-splits": (E(FLIP, flawed(duplicates=10)), E(FLIP, flawed(duplicates=9))),
    "copies-contradict": (
        E(FLIP, flawed(duplicates=1, duplicates_with_other_label=1)),
        E(FLIP, flawed(duplicates=1)),
    ),
    "near-constant-images": (E(STANDARD, flawed(near_constant=1)), E(FLIP, flawed(near_constant=1))),
    "channels-first": (E({"data_format": "channels_first"}), E({"data_format": "channels_last"})),
}
