"""Which training tells soonest what a mild augmentation does: gains over the baseline, their spread, and seeds needed.

    python benchmarks/defaults.py --seeds 10 --models small_cnn resnet8 --json
    python benchmarks/defaults.py --photographs sign-language-digits.zip      # a zip of class folders, at 32x32

For every dataset, model and recipe a baseline and a mildly augmented arm are trained on the same seeds, splits and
initial weights. Each recipe is judged by accuracy and by log-loss. *t* is the mean gain over its standard error;
*seeds* is what an interval of 95 % would need to leave out zero if gain and spread are what was measured.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

MILD = {"rotation_range": 10, "width_shift_range": 0.1, "height_shift_range": 0.1, "zoom_range": 0.1}
BEFORE: dict[str, Any] = {"schedule": "constant", "learning_rate": 1e-3}
RECIPES: dict[str, dict[str, Any]] = {
    "constant 1e-3, last epoch": BEFORE,
    "constant 1e-3, averaged": BEFORE | {"average_last": 0.25},
    "constant 2e-3": {"schedule": "constant", "learning_rate": 2e-3},
    "cosine 1e-3": {"schedule": "cosine", "learning_rate": 1e-3},
    "cosine 2e-3": {"schedule": "cosine", "learning_rate": 2e-3},
    "cosine 2e-3, averaged": {"schedule": "cosine", "learning_rate": 2e-3, "average_last": 0.25},
    "cosine 4e-3": {"schedule": "cosine", "learning_rate": 4e-3},
}
UNBALANCED = (174, 42, 42, 42)
"""Images of four classes: 300, of which 58 % are of one."""
NORMAL_95 = 1.96


@dataclass(frozen=True)
class Set:
    """A dataset, and how many of its images are trained on (None: all but those that judge)."""

    images: np.ndarray
    labels: np.ndarray
    training_images: int | None


def digits(training_images: int | None) -> Set:
    """scikit-learn's."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)[..., np.newaxis]
    return Set(images, bunch.target.astype(np.int64), training_images)


def photographs(path: str, side: int) -> Set:
    """A zip of class folders in grey, so many pixels high and wide, of which 500 are trained on."""
    from PIL import Image

    images, names = [], []
    with zipfile.ZipFile(path) as archive:
        for member in sorted(archive.namelist()):
            if member.lower().endswith((".jpg", ".jpeg", ".png")):
                with Image.open(io.BytesIO(archive.read(member))) as image:
                    images.append(np.asarray(image.convert("L").resize((side, side), Image.Resampling.BILINEAR)))
                names.append(member.split("/")[-2])
    return Set(np.stack(images)[..., np.newaxis], np.unique(names, return_inverse=True)[1].astype(np.int64), 500)


def unbalanced(whole: Set) -> Set:
    """300 of four classes of it, 58 % of one."""
    chosen = np.concatenate([np.flatnonzero(whole.labels == label)[:count] for label, count in enumerate(UNBALANCED)])
    return Set(whole.images[chosen], whole.labels[chosen], None)


class Silent:
    """A monitor that lets everything go on."""

    def report_progress(self, **progress: object) -> None:
        """Nobody hears of it."""

    def raise_if_cancelled(self) -> None:
        """Nobody ends it."""


def trained(data: Set, model: str, recipe: dict[str, Any], epochs: int, spec: dict[str, Any], seed: int) -> Any:
    """Accuracy in percent, log-loss in hundredths of a nat (negative, so that more is better), seconds, and whether the
    validation loss still fell."""
    from api_schemas.augmentation import ImageDataGeneratorSpec
    from api_schemas.training.models import ModelSpec
    from api_schemas.training.settings import TrainingSettings
    from augury.datasets.snapshot import Snapshot
    from augury.planning.splits import RandomSplit
    from augury.planning.trial_definition import TrialDefinition, training_version
    from augury.training.trial import train_trial

    training = TrainingSettings.model_validate(recipe | {"epochs": epochs})
    definition = TrialDefinition(
        version=training_version(training),
        engine="augury",
        dataset="benchmark",
        split=RandomSplit(validation_fraction=0.2, training_images=data.training_images),
        model=ModelSpec.model_validate({"name": model}),
        training=training,
        spec=ImageDataGeneratorSpec.model_validate(spec | {"rescale": 1 / 255}),
        seed=seed,
    )
    names = [str(label) for label in range(data.labels.max() + 1)]
    done = train_trial(definition, Snapshot(data.images, data.labels, names), Silent())
    probability = np.load(io.BytesIO(done.predictions))["probability"]
    log_loss = -float(np.log(np.maximum(probability, 1e-7)).mean())
    result = done.result
    return 100 * result.validation_accuracy, -100 * log_loss, result.seconds, result.still_improving


def measured(sets: dict[str, Set], models: list[str], recipes: list[str], epochs: int, seeds: range) -> Iterator[Any]:
    """One row a pair of trials: seed by seed, so that what there is can be used whenever it is ended."""
    for seed in seeds:
        for dataset, data in sets.items():
            for model in models:
                for recipe in recipes:
                    base, mild = (trained(data, model, RECIPES[recipe], epochs, spec, seed) for spec in ({}, MILD))
                    yield {"seed": seed, "dataset": dataset, "model": model, "recipe": recipe, "of": [base, mild]}


def summary(rows: list[Any]) -> list[dict[str, Any]]:
    """By dataset, model and recipe: what the rows say of accuracy and of log-loss."""
    groups: dict[tuple[str, str, str], list[Any]] = {}
    for row in rows:
        groups.setdefault((row["dataset"], row["model"], row["recipe"]), []).append(row["of"])
    return [
        {"dataset": dataset, "model": model, "recipe": recipe} | _of_group(np.array(each, float))
        for (dataset, model, recipe), each in groups.items()
    ]


def _of_group(values: np.ndarray) -> dict[str, Any]:
    """Of values ``[seeds, 2 arms, 4]``."""
    said: dict[str, Any] = {
        "seeds": len(values),
        "baseline_accuracy": values[:, 0, 0].mean(),
        "baseline_loss": -values[:, 0, 1].mean() / 100,
        "seconds": values[:, :, 2].mean(),
        "still_improving": values[:, :, 3].mean(),
    }
    for name, gains in (("accuracy", values[:, 1, 0] - values[:, 0, 0]), ("loss", values[:, 1, 1] - values[:, 0, 1])):
        mean, spread = gains.mean(), gains.std(ddof=1) if len(gains) > 1 else np.nan
        t = mean / spread * len(gains) ** 0.5 if spread else np.inf
        needed = (NORMAL_95 * spread / mean) ** 2 if mean else np.inf
        said |= {f"{name}_gain": mean, f"{name}_sd": spread, f"{name}_t": t, f"{name}_seeds": needed}
    return said


def table(rows: list[dict[str, Any]]) -> str:
    """For people."""
    lines = [
        f"{'dataset, model, recipe':58}{'base':>6}  {'gain':>6}{'sd':>6}{'t':>7}{'seeds':>7}  "
        f"{'gain':>7}{'sd':>6}{'t':>7}{'seeds':>7}{'still':>7}"
    ]
    for row in rows:
        name = f"{row['dataset']}, {row['model']}, {row['recipe']}"
        parts = [
            f"{row[f'{of}_gain']:>6.2f}{row[f'{of}_sd']:>6.2f}{row[f'{of}_t']:>7.1f}{row[f'{of}_seeds']:>7.1f}"
            for of in ("accuracy", "loss")
        ]
        lines.append(f"{name:58}{row['baseline_accuracy']:>6.1f}  {'   '.join(parts)}{row['still_improving']:>7.0%}")
    return "\n".join(lines)


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--models", nargs="+", default=["small_cnn"])
    parser.add_argument("--recipes", nargs="+", choices=list(RECIPES), default=list(RECIPES))
    parser.add_argument("--datasets", nargs="+", default=["digits", "all digits", "photographs", "unbalanced"])
    parser.add_argument("--photographs", help="a zip of class folders; without it digits alone are measured")
    parser.add_argument("--side", type=int, default=32, help="of the photographs")
    parser.add_argument("--json", action="store_true", help="every pair of trials as it is done, then the summary")
    given = parser.parse_args()
    sets = {"digits": digits(500), "all digits": digits(None)}
    if given.photographs:
        sets["photographs"] = photographs(given.photographs, given.side)
        sets["unbalanced"] = unbalanced(sets["photographs"])
    chosen = {name: data for name, data in sets.items() if name in given.datasets}

    from augury.training.warmup import warm_up

    warm_up(threads=1)
    rows, seeds = [], range(given.first_seed, given.first_seed + given.seeds)
    for row in measured(chosen, given.models, given.recipes, given.epochs, seeds):
        rows.append(row)
        if given.json:
            print(json.dumps(row), flush=True)
        else:
            print(".", end="", file=sys.stderr, flush=True)
    print(json.dumps(summary(rows), indent=1) if given.json else table(summary(rows)))


if __name__ == "__main__":
    main()
