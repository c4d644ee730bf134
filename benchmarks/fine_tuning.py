"""What is a backbone worth that has learned another task? Fine-tuned and from scratch, by two comparisons over HTTP.

    python benchmarks/fine_tuning.py --photographs sign-language-digits.zip [--json] [--seeds 5] [--epochs 10]
    python benchmarks/fine_tuning.py --photographs sign-language-digits.zip --about digits

A small convolutional network is trained on photographs (a zip of class folders) with plain Keras, saved, and uploaded
to a stack of its own. Two comparisons are about other images, on the same seeds, splits, schedule and candidate: one
fine-tunes the uploaded network under a new top, one trains the same layers from fresh weights (``model.config``). Each
reports what the augmentation adds, on images like the dataset's and under conditions; held against each other here are
the accuracies of their baselines, seed by seed. The other images are the photographs of the classes that the backbone
was not shown, half of them, or scikit-learn's digits, as large as the photographs, of which it was shown every class.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

import numpy as np
import numpy.typing as npt
from PIL import Image
from sklearn.datasets import load_digits

from api_schemas.jobs import Job
from api_schemas.reports.report import Report
from augury.client.client import Client
from augury.local.stack import LocalStack

SIDES = {"classes": 32, "digits": 16}
"""How high and wide the images are, by what the comparisons are about."""
FILTERS = (16, 16, 0, 32, 32, 0, 64, 64)
"""Of the convolutions; 0 halves height and width."""
BACKBONE_EPOCHS, BACKBONE_RATE = 24, 2e-3
MILD = {"rotation_range": 10, "width_shift_range": 0.1, "height_shift_range": 0.1, "zoom_range": 0.1}
CONDITIONS = ["rotated", "shifted", "blurred", "noisy", "low_contrast"]
PATIENCE_SECONDS = 3600.0


def train_backbone(photographs: str, about: str, file: str) -> None:
    """Train the network on the photographs and save it, with weights and configuration.

    Half of them are shown as negatives, drawn anew in every epoch: what is bright and what is dark is the one thing in
    which the two tasks differ most.
    """
    import keras

    from benchmarks.defaults import photographs as read

    data = read(photographs, SIDES[about])
    shown_to_it = shown_classes(data.labels, about)
    images, labels = data.images[shown_to_it].astype(np.float32) / 255, data.labels[shown_to_it]
    random = np.random.default_rng(0)
    kept = random.permutation(len(labels))
    judged, trained = kept[: len(kept) // 6], kept[len(kept) // 6 :]
    keras.utils.set_random_seed(1)
    model = network(SIDES[about], int(labels.max()) + 1)
    steps = BACKBONE_EPOCHS * -(-len(trained) // 32)
    rate = keras.optimizers.schedules.CosineDecay(BACKBONE_RATE, steps)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    for _ in range(BACKBONE_EPOCHS):
        is_negative = random.random((len(trained), 1, 1, 1)) < 0.5
        shown = np.where(is_negative, 1 - images[trained], images[trained])
        model.fit(shown, labels[trained], batch_size=32, verbose=0)
    _, accuracy = model.evaluate(images[judged], labels[judged], verbose=0)
    model.save(file)
    others = int(data.labels.max()) + 1 - len(np.unique(labels)) if about == "classes" else 10
    print(json.dumps({"accuracy": float(accuracy), "config": json.loads(network(SIDES[about], others).to_json())}))


def shown_classes(labels: npt.NDArray[np.int64], about: str) -> npt.NDArray[np.bool_]:
    """Which of the photographs the backbone is trained on: the first half of the classes, or all."""
    return labels <= labels.max() // 2 if about == "classes" else np.ones(len(labels), bool)


def network(side: int, classes: int) -> Any:
    """Six convolutions, global average pooling, softmax."""
    import keras
    from keras import layers

    def layer(filters: int) -> Any:
        if not filters:
            return layers.MaxPooling2D()
        return layers.Conv2D(filters, 3, padding="same", activation="relu", kernel_initializer="he_normal")

    top = [layers.GlobalAveragePooling2D(), layers.Dense(classes, activation="softmax")]
    return keras.Sequential([keras.Input((side, side, 1)), *map(layer, FILTERS), *top])


def write_other_classes(photographs: str, file: Path) -> None:
    """The photographs that the backbone is not shown."""
    from benchmarks.defaults import photographs as read

    data = read(photographs, SIDES["classes"])
    others = ~shown_classes(data.labels, "classes")
    np.savez(file, images=data.images[others], labels=data.labels[others] - data.labels[others].min())


def write_digits(_photographs: str, file: Path) -> None:
    """scikit-learn's digits as large as the photographs, in 0-255."""
    digits, side = load_digits(), SIDES["digits"]
    raw = np.rint(digits.images * (255 / 16)).astype(np.uint8)
    resized = [np.asarray(Image.fromarray(each).resize((side, side), Image.Resampling.BILINEAR)) for each in raw]
    np.savez(file, images=np.stack(resized)[..., np.newaxis], labels=digits.target)


DATASETS = {"classes": write_other_classes, "digits": write_digits}


def request(dataset_id: str, model: dict[str, Any], arguments: argparse.Namespace) -> dict[str, Any]:
    """A comparison of one mild augmentation."""
    return {
        "kind": "comparison",
        "dataset": {"kind": "dataset", "id": dataset_id},
        "model": model,
        "candidates": [{"name": "mild", "spec": MILD | {"rescale": 1 / 255}}],
        "training": {"epochs": arguments.epochs, "learning_rate": arguments.rate},
        "evaluation": {
            "seeds": arguments.seeds,
            "training_images": arguments.images,
            "conditions": CONDITIONS,
        },
    }


def reported(client: Client, asked: dict[str, Any]) -> tuple[Job, Report]:
    """The job and its report, once it is over."""
    job, give_up_at = client.submit(asked), time.monotonic() + PATIENCE_SECONDS
    while not job.is_terminal:
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"{job.id} is still {job.state}")
        job = client.job(job.id, wait_seconds=20)
    return job, client.report(job.id)


def told(report: Report) -> dict[str, Any]:
    """What a report has to say, by seed and in sentences."""
    accuracies = {arm.name: {seed.seed: seed.validation_accuracy for seed in arm.per_seed} for arm in report.arms}
    (candidate,) = report.candidates
    assert report.conditions is not None
    return {
        "accuracies": accuracies,
        "verdict": candidate.sentence,
        "conditions": [each.sentence for each in report.conditions.candidates],
    }


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Both comparisons, and what lies between their baselines."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, __file__, "--train", str(folder / "backbone.keras"), "--about", arguments.about]
        environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONPATH": str(ROOT)}
        ran = subprocess.run(
            [*command, "--photographs", arguments.photographs],
            env=environment, check=True, stdout=subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip
        backbone = json.loads(ran.stdout.splitlines()[-1])
        DATASETS[arguments.about](arguments.photographs, folder / "others.npz")
        with LocalStack(folder / "stack") as stack, Client(stack.url) as client:
            dataset = client.wait_for_dataset(client.add_dataset(folder / "others.npz").id)
            model = client.wait_for_model(client.add_model(folder / "backbone.keras").id)
            if model.error is not None or dataset.error is not None:
                raise RuntimeError(f"{model.error or dataset.error}")
            models = {
                "fine-tuned": {"id": model.id, "head": {}, "trainable": "all"},
                "from scratch": {"config": backbone["config"]},
            }
            reports = {
                kind: told(reported(client, request(dataset.id, asked, arguments))[1]) for kind, asked in models.items()
            }
    tuned, scratch = (reports[kind]["accuracies"]["baseline"] for kind in models)
    gains = [100 * (tuned[seed] - scratch[seed]) for seed in sorted(tuned)]
    return {"backbone": backbone["accuracy"], "reports": reports, "gains": gains}


def show(result: dict[str, Any]) -> None:
    """For a person."""
    print(f"the backbone tells {100 * result['backbone']:.1f} % of the photographs that it has not seen")
    for kind, report in result["reports"].items():
        for arm, by_seed in report["accuracies"].items():
            print(f"{kind:14}{arm:10}{100 * statistics.fmean(by_seed.values()):6.1f} %")
        print(f"  {report['verdict']}", *(f"  {sentence}" for sentence in report["conditions"]), sep="\n")
    gains, n = result["gains"], len(result["gains"])
    gain, error = statistics.fmean(gains), statistics.stdev(gains) / n**0.5
    print(f"fine-tuned minus from scratch: {gain:+.1f} points, standard error {error:.1f}, {n} seeds")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photographs", help="a zip of class folders; without it nothing is measured")
    parser.add_argument("--about", choices=DATASETS, default="classes", help="what the comparisons are about")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--images", type=int, default=100, help="that are trained on")
    parser.add_argument("--train", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.train:
        train_backbone(arguments.photographs, arguments.about, arguments.train)
        return
    if arguments.photographs is None:
        print("fine_tuning: no --photographs, nothing to train a backbone on")
        return
    result = measure(arguments)
    print(json.dumps(result)) if arguments.json else show(result)


if __name__ == "__main__":
    main()
