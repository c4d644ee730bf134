"""The standing example as one would write it without Augury: ImageDataGenerator, model.fit, one trial after the other.

    python benchmarks/plain/keras_script.py PROBLEM.npz ARMS.json

PROBLEM.npz has ``images``, ``labels`` and, for each seed s, the images ``training_s`` and ``validation_s`` and the
seeds ``weights_s`` and ``batches_s`` of Keras's generators. Prints one JSON object: which validation images every arm
got right on every seed (1 or 0, in order), and the seconds it took after Keras was loaded, by the clock and of
processors. `verdict.py` runs it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from keras.src.legacy.preprocessing.image import ImageDataGenerator

BATCH = 32


def small_cnn(shape: tuple[int, ...], classes: int, learning_rate: float, steps: int) -> keras.Model:
    """The same network as Augury's, with the same schedule over so many steps."""
    model = keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
            keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(2, padding="same"),
            keras.layers.Flatten(),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(classes, activation="softmax"),
        ]
    )
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(learning_rate, steps))
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def trial(problem: Any, arm: dict[str, Any], seed: int, training_settings: dict[str, Any]) -> list[int]:
    """Which validation images are classified rightly after the last epoch."""
    keras.utils.set_random_seed(int(problem[f"weights_{seed}"]))
    images, labels = problem["images"].astype("float32"), problem["labels"]
    training, validation = problem[f"training_{seed}"], problem[f"validation_{seed}"]
    augmenting, plain = ImageDataGenerator(**arm["spec"]), ImageDataGenerator(**arm["preprocessing"])
    epochs = training_settings["epochs"]
    steps = epochs * -(-len(training) // BATCH)
    model = small_cnn(images.shape[1:], int(labels.max()) + 1, training_settings["learning_rate"], steps)
    clean = plain.flow(images[validation], labels[validation], batch_size=512, shuffle=False)
    model.fit(
        augmenting.flow(images[training], labels[training], batch_size=BATCH, seed=int(problem[f"batches_{seed}"])),
        epochs=epochs,
        validation_data=clean,
        verbose=0,
    )
    right = model.predict(clean, verbose=0).argmax(axis=1) == labels[validation]
    return [int(each) for each in right]


def main() -> None:
    """Train all arms on all seeds."""
    if len(sys.argv) != 3:
        print(__doc__)
        return
    problem = dict(np.load(sys.argv[1]))
    with open(sys.argv[2]) as file:
        requested = json.load(file)
    began, began_working = time.perf_counter(), time.process_time()
    right = {
        arm["name"]: {str(seed): trial(problem, arm, seed, requested["training"]) for seed in requested["seeds"]}
        for arm in requested["arms"]
    }
    took = {"seconds": time.perf_counter() - began, "processor_seconds": time.process_time() - began_working}
    print(json.dumps(took | {"right": right}))


if __name__ == "__main__":
    main()
