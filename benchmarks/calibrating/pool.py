"""Trials that differ in nothing but their randomness, and comparisons drawn from them or from a model of them."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from api_schemas.training.conditions import CONDITION_NAMES
from augury.evidence.statistics.paired_outcomes import PairedOutcomes, outcomes_from

if TYPE_CHECKING:
    from augury.datasets.snapshot import Snapshot
    from augury.planning.trial_definition import TrialDefinition

VALIDATION_FRACTION, TRAINING_IMAGES = 0.2, 500
UNEVEN_VALIDATION_FRACTION = 0.4
"""Of so few images that a twentieth of a fifth would be nothing."""

CONDITIONS = tuple(name for name in CONDITION_NAMES if name != "colour_cast")
"""Of images of one channel."""
STRENGTHS = (1, 2, 3, 4, 5)

Pool = dict[str, dict[str, np.ndarray]]  # by model: images [seeds, V] and right [seeds, 2, V]
Draw = Callable[[int], PairedOutcomes]  # a comparison of so many seeds


class Silent:
    """A monitor that lets trials go on."""

    def report_progress(self, **progress: Any) -> None:
        """Hear of progress."""

    def raise_if_cancelled(self) -> None:
        """Let it go on."""


def train_pool(models: tuple[str, ...], seeds: int, epochs: int) -> Pool:
    """Two trials of the same arm on each seed's split, for each model."""
    pool: Pool = {}
    for model in models:
        pairs = list(trained_pairs(list(range(10)), None, model, range(seeds), epochs))
        right = [[each["labels"] == each["predicted"] for each in pair] for pair in pairs]
        pool[model] = {"images": np.array([pair[0]["indices"] for pair in pairs]), "right": np.array(right)}
    return pool


def trained_pairs(
    classes: list[int],
    images_of_last: int | None,
    model: str,
    seeds: Sequence[int],
    epochs: int,
    kept_in: Path | None = None,
) -> Iterator[list[dict[str, np.ndarray]]]:
    """The predictions of two trials of the same arm on each seed's split of some digits.

    Each trial also has what its model takes changed validation images for, under all conditions that images of one
    channel can be put under: ``conditions`` ``[targets, strengths, V]``, and ``condition_losses``, of the same shape.

    Args:
        classes: the digits, in the order of their labels.
        images_of_last: so many of the last class's images alone; None: all of them, and 500 images are trained on.
        model: its name.
        seeds: a pair each.
        epochs: of each trial.
        kept_in: a folder with a file for every pair that was trained, so that what was interrupted goes on.
    """
    digits = _digits(classes, images_of_last)
    for number, seed in enumerate(seeds, 1):
        file = None if kept_in is None else kept_in / f"{seed}.npz"
        if file is None or not file.exists():
            pair = _trained_pair(digits, is_whole=images_of_last is None, model=model, seed=seed, epochs=epochs)
            if file is not None:
                _store_pair(file, pair)
        else:
            pair = _stored_pair(file)
        yield pair
        print(f"\r{model}: {number} of {len(seeds)} pairs", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def _store_pair(file: Path, pair: list[dict[str, np.ndarray]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    arrays = {f"{side}/{name}": array for side, each in enumerate(pair) for name, array in each.items()}
    with (written := file.with_suffix(".part")).open("wb") as opened:
        np.savez_compressed(opened, **arrays)  # type: ignore[arg-type]
    written.rename(file)


def _stored_pair(file: Path) -> list[dict[str, np.ndarray]]:
    with np.load(file) as stored:
        names = sorted({name.partition("/")[2] for name in stored.files})
        return [{name: stored[f"{side}/{name}"] for name in names} for side in range(2)]


def _trained_pair(
    digits: Snapshot, *, is_whole: bool, model: str, seed: int, epochs: int
) -> list[dict[str, np.ndarray]]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from api_schemas.augmentation import ImageDataGeneratorSpec
    from api_schemas.training.models import ModelSpec
    from api_schemas.training.settings import TrainingSettings
    from augury.datasets.snapshot import SPLIT_CODES
    from augury.planning.splits import FixedSplit, RandomSplit
    from augury.planning.trial_definition import TrialDefinition, training_version
    from augury.training.splits import draw_split
    from augury.training.trial import train_trial

    drawn = RandomSplit(
        validation_fraction=VALIDATION_FRACTION if is_whole else UNEVEN_VALIDATION_FRACTION,
        training_images=TRAINING_IMAGES if is_whole else None,
    )
    training = TrainingSettings(epochs=epochs)
    split = draw_split(digits, drawn, seed)
    sides = np.full(len(digits.labels), -1, np.int8)
    sides[split.training], sides[split.validation] = SPLIT_CODES["train"], SPLIT_CODES["validation"]
    snapshot = replace(digits, splits=sides)
    definition = TrialDefinition(
        version=training_version(training),
        engine="augury",
        dataset="digits",
        split=FixedSplit(validation="validation", training_images=None),
        model=ModelSpec.model_validate({"name": model}),
        training=training,
        spec=ImageDataGeneratorSpec(rescale=1 / 255),
        seed=seed,
    )
    # The split is given, so another seed changes initial weights and batch order alone.
    trials = [
        train_trial(definition.model_copy(update={"seed": own}), snapshot, Silent()) for own in (seed, seed + 1_000_000)
    ]
    return [dict(np.load(io.BytesIO(each.predictions))) | _judged(definition, each.model, snapshot) for each in trials]


def _judged(definition: TrialDefinition, model: bytes | None, snapshot: Snapshot) -> dict[str, np.ndarray]:
    """A model under all conditions. Both of a pair see the same images, as the arms of a seed do."""
    from api_schemas.training.conditions import ConditionTarget
    from augury.conditions.value_range import ValueRange
    from augury.evidence.metrics.table import metric_of
    from augury.probing.condition_trial import judge_trial

    assert model is not None, "it is kept where nothing is augmented"
    targets = [ConditionTarget(name=name, strengths=list(STRENGTHS)) for name in CONDITIONS]
    metric, values = metric_of("log_loss", snapshot.class_names), ValueRange(0.0, 255.0, 0.0, 255.0)
    answers = judge_trial(definition, model, snapshot, targets, {}, values, metric, Silent())
    return {
        "conditions": np.stack([answers[name].predicted for name in CONDITIONS]).astype(np.uint8),
        "condition_losses": np.stack([answers[name].values for name in CONDITIONS]).astype(np.float16),
    }


def _digits(classes: list[int], images_of_last: int | None) -> Snapshot:
    from sklearn.datasets import load_digits

    from augury.datasets.snapshot import Snapshot

    bunch = load_digits()
    chosen = [np.flatnonzero(bunch.target == each) for each in classes]
    chosen[-1] = chosen[-1][:images_of_last]
    kept = np.sort(np.concatenate(chosen))
    images = np.rint(bunch.images[kept] * (255 / 16)).astype(np.uint8)[..., np.newaxis]
    labels = np.array([classes.index(each) for each in bunch.target[kept]], np.int64)
    return Snapshot(images, labels, [str(each) for each in classes])


def load_or_train(path: Path, models: tuple[str, ...], seeds: int, epochs: int) -> Pool:
    """The pool in that file, which is made if there is none."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        pool = train_pool(models, seeds, epochs)
        np.savez_compressed(path, **{f"{model}/{name}": of[name] for model, of in pool.items() for name in of})
    with np.load(path) as stored:
        names = sorted({name.split("/")[0] for name in stored.files})
        return {model: {name: stored[f"{model}/{name}"] for name in ("images", "right")} for model in names}


def from_pool(of_model: dict[str, np.ndarray], generator: np.random.Generator, planted: float = 0.0) -> Draw:
    """Comparisons of pairs of the pool, in which the candidate loses *planted* points on average."""
    images, right = of_model["images"], of_model["right"]
    # Half of the prone images are missed; only those that were recognised can be lost.
    prone_share = 2 * planted / 100 / right.mean()

    def draw(seeds: int) -> PairedOutcomes:
        chosen = generator.choice(len(images), seeds, replace=False)
        first = generator.integers(0, 2, seeds)
        prone = generator.random(images.max() + 1) < prone_share
        missed = prone[images[chosen]] & (generator.random((seeds, images.shape[1])) < 0.5)
        candidate = right[chosen, first] & ~missed
        return outcomes_from(list(candidate), list(right[chosen, 1 - first]), list(images[chosen]))

    return draw


def from_model(of_model: dict[str, np.ndarray], generator: np.random.Generator, *, is_fixed: bool) -> Draw:
    """Independent comparisons from a model of the pool; with *is_fixed* on one validation set that the images make.

    Every image has a logit, and every trial an offset to all of them, whose deviation is the one that makes the seeds'
    differences as variable as they are. On a fixed set, the arms have logits of their own for every image, drawn anew
    for each comparison and without a difference on average: what arms do that differ, but not in accuracy.
    """
    images, right = of_model["images"], of_model["right"]
    seen = 2 * np.bincount(images.ravel())
    hits = np.bincount(images.ravel(), right.sum(axis=1).ravel())
    logits = np.log((hits + 0.5) / (seen - hits + 0.5))[seen > 0]
    drawn = images.shape[1]
    offset = _offset_deviation(logits, right)

    def draw(seeds: int) -> PairedOutcomes:
        arms = np.stack([logits, logits])
        if is_fixed:
            arms = arms[:, generator.choice(len(logits), drawn)] + generator.normal(0, 1, (2, drawn))
        indices = [np.arange(drawn) if is_fixed else generator.choice(len(logits), drawn, False) for _ in range(seeds)]
        sides = [
            [generator.random(drawn) < probability(arm[of_seed] + generator.normal(0, offset)) for of_seed in indices]
            for arm in arms
        ]
        return outcomes_from(sides[0], sides[1], indices)

    return draw


def _offset_deviation(logits: np.ndarray, right: np.ndarray) -> float:
    """By matching moments: the variance of a pair's difference beyond that of drawing outcomes alone."""
    chance = probability(logits)
    of_drawing = 2 * np.mean(chance * (1 - chance)) / right.shape[2]
    accuracy = right.mean(axis=2)
    beyond = max(0.0, float(np.var(accuracy[:, 0] - accuracy[:, 1], ddof=1) - of_drawing))
    slope = float(np.mean(chance * (1 - chance)))  # of the accuracy over the offset
    return float(np.sqrt(beyond / 2) / slope)


def probability(logit: np.ndarray) -> np.ndarray:
    """The logistic function."""
    return 1 / (1 + np.exp(-logit))
