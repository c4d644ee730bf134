"""How far is a trial above its floor: the same steps of plain TensorFlow in compiled epochs, on data that is prepared?

    python benchmarks/trial.py [--json] [--rounds 5] [--cases digits 64x64 224x224]

A trial splits, augments, trains, looks at the validation images after every epoch and at the training images in the
end, and stores predictions. The floor has the same network, optimizer, kernels, number of steps and looks after epochs,
and nothing else: its images are floats in memory, in an order that is drawn once. Both take turns in one process of one
thread; what counts are seconds of the processor. The first of each traces and compiles, and is told apart.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

import numpy as np

from benchmarks.training.cases import BATCH, CLASSES, VALIDATION, Case, Silent, trials_of

CASES = {
    "digits": Case("small_cnn", 625, (8, 8, 1), 30),
    "64x64": Case("small_cnn", 250, (64, 64, 3), 4),
    "224x224": Case("resnet8", 80, (224, 224, 3), 1),
}


def trial_of(case: Case) -> Callable[[], None]:
    """Augury's trial of a mild spec; each call carries out the same one."""
    from augury.training.trial import train_trial

    (definition,), snapshot = trials_of(case, 1)
    return lambda: (train_trial(definition, snapshot, Silent()), None)[1]


def floor_of(case: Case) -> Callable[[], None]:
    """Compiled epochs of plain TensorFlow, and a forward pass over the validation images after each."""
    import keras
    import tensorflow as tf

    from augury.training.networks.builtin import NETWORKS

    model, optimizer = NETWORKS[case.model](case.shape, CLASSES), keras.optimizers.Adam(2e-3)
    loss_of = keras.losses.SparseCategoricalCrossentropy()
    optimizer.build(model.trainable_variables)
    validated = round(VALIDATION * case.images)
    images = tf.constant(np.random.default_rng(0).random((case.images, *case.shape), np.float32))
    labels = tf.constant(np.arange(case.images) % CLASSES, tf.int64)
    trained = case.images - validated

    def step(first: Any) -> Any:
        batch = slice(first, tf.minimum(first + BATCH, trained))
        with tf.GradientTape() as tape:
            loss = loss_of(labels[batch], model(images[batch], training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return first + BATCH

    @tf.function(autograph=False)
    def epoch() -> Any:
        tf.while_loop(lambda first: first < trained, lambda first: (step(first),), (0,), parallel_iterations=1)
        return model(images[trained:], training=False)

    return lambda: [epoch() for _ in range(case.epochs)].clear()


def processor_seconds(run: Callable[[], None]) -> float:
    """What one call takes."""
    began = time.process_time()
    run()
    return time.process_time() - began


def measure(case: Case, rounds: int) -> dict[str, Any]:
    """Both of a case, taking turns."""
    runs = {"floor": floor_of(case), "trial": trial_of(case)}
    first = {name: processor_seconds(run) for name, run in runs.items()}
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            taken[name].append(processor_seconds(run))
    ratios = [trial / floor for trial, floor in zip(taken["trial"], taken["floor"], strict=True)]
    return {
        "first": first,
        "seconds": {name: statistics.median(each) for name, each in taken.items()},
        "ratio": statistics.median(ratios),
        "ratios": ratios,
    }


def show(name: str, case: Case, found: dict[str, Any]) -> None:
    """One case, for a person."""
    seconds, first = found["seconds"], found["first"]
    print(f"{name} ({case.model}, {case.epochs} epochs): {found['ratio']:.2f} times the floor", end=" ")
    print(f"({min(found['ratios']):.2f} to {max(found['ratios']):.2f});", end=" ")
    print(f"trial {seconds['trial']:.2f} s, floor {seconds['floor']:.2f} s of the processor;", end=" ")
    print(f"the first ones {first['trial']:.2f} and {first['floor']:.2f} s")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    arguments = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from augury.training.warmup import warm_up

    warm_up(threads=1)
    found = {name: measure(CASES[name], arguments.rounds) for name in arguments.cases}
    if arguments.json:
        print(json.dumps(found))
        return
    for name, each in found.items():
        show(name, CASES[name], each)


if __name__ == "__main__":
    main()
