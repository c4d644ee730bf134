"""Iterators where Keras takes its own: ``fit``, ``evaluate``, ``predict``, with Keras's generator beside ours."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

import augury.augmentation as ours
from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation import Pipeline
from tests.augury.augmentation.generator.keras_side_by_side import BOTH, assert_same

RANDOM = np.random.default_rng(2)
IMAGES = RANDOM.integers(0, 256, (22, 8, 8, 3), np.uint8)
LABELS = RANDOM.integers(0, 3, 22)
PARAMETERS = {"rotation_range": 20, "horizontal_flip": True, "rescale": 1 / 255}
ARRAYS = "flow"
FLOWS = (ARRAYS, "flow_from_directory", "flow_from_dataframe")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The images as files, in a folder for each label."""
    root = tmp_path_factory.mktemp("images")
    for index, (image, label) in enumerate(zip(IMAGES, LABELS, strict=True)):
        (root / str(label)).mkdir(exist_ok=True)
        Image.fromarray(image).save(root / str(label) / f"{index:02}.png")
    return root


def _flow(generator: Any, method: str, folder: Path, **arguments: Any) -> Any:
    """The same images and labels by any method."""
    if method == ARRAYS:
        return generator.flow(IMAGES, LABELS, batch_size=5, **arguments)
    options = {"target_size": (8, 8), "class_mode": "sparse", "batch_size": 5, **arguments}
    if method == "flow_from_directory":
        return generator.flow_from_directory(str(folder), **options)
    table = {"filename": [f"{label}/{index:02}.png" for index, label in enumerate(LABELS)],
             "class": [str(label) for label in LABELS]}  # fmt: skip
    return generator.flow_from_dataframe(table, str(folder), **options)


def _model() -> keras.Model:
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")])
    # Not by XLA, which takes longer to compile it than all else takes here.
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    return model


def _trained(flows: Callable[..., Any]) -> tuple[list[np.ndarray], Any]:
    model = _model()
    np.random.seed(7)
    validation = flows(shuffle=False, seed=9)
    history = model.fit(flows(seed=1), validation_data=validation, epochs=2, verbose=0).history
    history["evaluated"] = model.evaluate(flows(shuffle=False, seed=4), verbose=0)
    history["predicted"] = model.predict(flows(shuffle=False, seed=4), verbose=0)
    return model.get_weights(), history


@functools.cache
def _trained_by(library: Any, method: str, folder: Path) -> tuple[list[np.ndarray], Any]:
    """What comes of the library's generator, which several tests compare something with."""
    generator = library.ImageDataGenerator(**PARAMETERS)
    return _trained(lambda **a: _flow(generator, method, folder, **a))


def _assert_trained_alike(mine: Any, theirs: Any) -> None:
    for got, expected in zip(mine[0], theirs[0], strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-4)
    assert mine[1].keys() == theirs[1].keys()
    for name, expected in theirs[1].items():
        np.testing.assert_allclose(mine[1][name], expected, atol=1e-3, err_msg=name)


@pytest.mark.parametrize("method", ["flow", "flow_from_directory"])
def test_a_model_is_trained_as_with_the_generator_of_keras(method: str, folder: Path) -> None:
    """Two epochs, validation, evaluation and prediction: the same weights and the same history."""
    theirs, mine = (_trained_by(library, method, folder) for library in BOTH)
    _assert_trained_alike(mine, theirs)


@pytest.mark.parametrize("method", ["flow", "flow_from_directory"])
def test_an_epoch_may_be_part_of_the_data(method: str, folder: Path) -> None:
    """``steps_per_epoch`` batches train as Keras's do. (Which come in a second epoch is up to what was prefetched.)"""
    results = []
    for library in BOTH:
        model = _model()
        flow = _flow(library.ImageDataGenerator(**PARAMETERS), method, folder, seed=1)
        history = model.fit(flow, steps_per_epoch=3, epochs=1, verbose=0).history
        results.append((model.get_weights(), history))
    _assert_trained_alike(results[1], results[0])


def test_a_pipeline_trains_a_model_as_the_generator_of_keras(folder: Path) -> None:
    """``Pipeline(spec).flow`` as well, with the epochs' orders in its own generator."""
    spec = ImageDataGeneratorSpec.model_validate(PARAMETERS)
    mine = _trained(lambda **a: _flow(Pipeline(spec), ARRAYS, folder, **a))
    _assert_trained_alike(mine, _trained_by(BOTH[0], ARRAYS, folder))


def test_a_table_trains_a_model(folder: Path) -> None:
    """Without pandas: as the same images in the same order from an array do."""
    _assert_trained_alike(_trained_by(ours, "flow_from_dataframe", folder), _trained_by(ours, ARRAYS, folder))


@pytest.mark.parametrize("method", FLOWS)
def test_several_workers_fetch_every_batch(method: str, folder: Path) -> None:
    """With threads beside each other, an epoch has each image once; ``workers`` can be set as on any PyDataset."""
    seen: list[float] = []
    generator = ours.ImageDataGenerator()
    flow = _flow(generator, method, folder, seed=1)
    flow.workers, flow.max_queue_size = 2, 4

    class Recording(keras.layers.Layer):
        def call(self, inputs: Any) -> Any:
            seen.extend(np.asarray(inputs).sum(axis=(1, 2, 3)).tolist())
            return inputs[:, 0, 0, :1] * 0

    model = keras.Sequential([keras.Input((8, 8, 3)), Recording()])
    model.compile("sgd", "mse", run_eagerly=True)
    seen.clear()
    model.predict(flow, verbose=0)
    assert sorted(seen) == sorted(IMAGES.astype(np.float64).sum(axis=(1, 2, 3)).tolist())


def test_several_inputs_and_weights_train_a_model() -> None:
    """A list of inputs, labels and sample weights, as from Keras's generator."""
    inputs = [keras.Input((8, 8, 3)), keras.Input((2,))]
    joined = keras.layers.Concatenate()([keras.layers.Flatten()(inputs[0]), inputs[1]])
    weights = []
    for library in BOTH:
        keras.utils.set_random_seed(3)
        model = keras.Model(inputs, keras.layers.Dense(1, kernel_initializer="zeros")(joined))
        model.compile("sgd", "mse")
        flow = library.ImageDataGenerator(**PARAMETERS).flow(
            (IMAGES, np.arange(44).reshape(22, 2) / 44), LABELS, sample_weight=LABELS + 1, seed=5, batch_size=4
        )
        # Keras takes the inputs of a model as a tuple; its generator gives out a list.
        model.fit((((*x,), y, w) for x, y, w in flow), steps_per_epoch=6, epochs=2, verbose=0)
        weights.append(model.get_weights())
    for theirs, mine in zip(*weights, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-4)


def test_iterators_are_datasets_of_keras_and_of_their_own_class() -> None:
    """isinstance says both, and what they offer is what a PyDataset offers."""
    flow = ours.ImageDataGenerator().flow(IMAGES)
    assert isinstance(flow, keras.utils.PyDataset)
    assert isinstance(flow, ours.NumpyArrayIterator)
    assert isinstance(flow, ours.Iterator)
    offered = [name for name in dir(keras.utils.PyDataset) if not name.startswith("_")]
    assert [name for name in offered if not hasattr(flow, name)] == []
    assert (flow.num_batches, flow.workers, flow.use_multiprocessing, flow.max_queue_size) == (1, 1, False, 10)


def test_an_iterator_made_before_keras_is_a_dataset_afterwards() -> None:
    """And making it imports neither Keras nor TensorFlow."""
    script = """
import sys, numpy as np
from augury.augmentation import ImageDataGenerator, Iterator
flow = ImageDataGenerator(rescale=0.5).flow(np.ones((6, 4, 4, 1)), np.ones(6), batch_size=2)
next(flow)
assert isinstance(flow, Iterator) and flow.__class__.__name__ == "NumpyArrayIterator"
assert not {"keras", "tensorflow", "pandas", "PIL"} & set(sys.modules)
from augury.training.warmup import import_keras
import_keras()
import keras
assert isinstance(flow, keras.utils.PyDataset) and isinstance(flow, keras.utils.Sequence)
model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
model.compile("sgd", "mse")
assert len(model.fit(flow, epochs=2, verbose=0).history["loss"]) == 2
keras.config.set_floatx("float64")
keras.config.set_image_data_format("channels_first")
generator = ImageDataGenerator()
assert (generator.dtype, generator.data_format) == ("float64", "channels_first")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_threads_get_the_batches_that_one_would_get() -> None:
    """With a seed, whichever thread asks: a batch's draws follow its number."""

    def batches(threads: int) -> list[Any]:
        flow = ours.ImageDataGenerator(**PARAMETERS).flow(IMAGES, LABELS, batch_size=4, seed=3)
        with ThreadPoolExecutor(threads) as pool:
            made = [waiting.result() for waiting in [pool.submit(next, flow) for _ in range(18)]]
        return sorted((float(images.sum()), labels.tolist()) for images, labels in made)

    assert batches(4) == batches(1)


def test_a_pipeline_leaves_the_generator_of_numpy_alone() -> None:
    """With a seed, neither reading batches nor the end of an epoch moves it, and the order of epochs is repeatable."""
    flows = [Pipeline(ImageDataGeneratorSpec(rotation_range=9)).flow(IMAGES, LABELS, seed=1) for _ in range(2)]
    before = np.random.get_state()[1:3]
    orders = []
    for flow in flows:
        next(flow), flow[0]
        flow.on_epoch_end()
        orders.append(flow.index_array.tolist())
        np.random.random()
        np.random.seed(5)
    assert orders[0] == orders[1]
    np.random.set_state(("MT19937", *before))
    next(flows[0])
    assert np.array_equal(np.random.get_state()[1], before[0])


@pytest.mark.parametrize(("semantics", "weights"), [("keras", [0, 1, 2]), ("corrected", [2, 3, 4])])
def test_weights_of_a_subset(semantics: Any, weights: list[int]) -> None:
    """Keras gives any subset the first weights; corrected semantics gives an image its own."""
    pipeline = Pipeline(ImageDataGeneratorSpec(validation_split=0.4), semantics=semantics)
    flow = pipeline.flow(IMAGES[:5], np.zeros(5), sample_weight=np.arange(5), subset="training", shuffle=False)
    assert next(flow)[2].tolist() == weights


def test_an_iterator_says_what_it_cannot_give() -> None:
    """An index beyond the end is an error; an own iterator has to say what a batch is."""
    flow = ours.ImageDataGenerator().flow(IMAGES, batch_size=5)
    with pytest.raises(ValueError, match="retrieve element 5, but the Sequence has length 5"):
        flow[5]
    with pytest.raises(NotImplementedError, match="Iterator does not say what a batch is"):
        next(ours.Iterator(3, 1, False, None))


def test_iterators_of_older_programs_can_be_subclassed() -> None:
    """Those that define Keras's inner method, and read index_array, batch_index and index_generator."""

    def steps(library: Any) -> Any:
        class Numbers(library.Iterator):  # type: ignore[misc]
            def _get_batches_of_transformed_samples(self, index_array: np.ndarray) -> Any:
                return index_array.tolist(), self.batch_index, self.total_batches_seen

        numbers = Numbers(7, 3, True, 4)
        made = [next(numbers), next(numbers), numbers[1], list(numbers.index_array)]
        numbers.on_epoch_end()
        made += [numbers[0], next(numbers.index_generator).tolist()]
        numbers.reset()
        numbers.batch_size = 2
        return [*made, next(numbers), len(numbers), next(Numbers(0, 2, False, 0).index_generator).tolist()]

    assert steps(BOTH[1]) == steps(BOTH[0])


@pytest.mark.parametrize("arguments", [
    {"subset": "training", "sample_weight": np.arange(22)}, {"subset": "validation"}, {"subset": "test"},
    {"y": np.arange(22), "subset": "training"}, {"y": np.arange(22), "subset": "training", "ignore_class_split": True},
    {"y": None, "sample_weight": np.arange(22)}, {"y": [[index, 1] for index in range(22)]}, {"y": np.arange(3)},
    {"x": (IMAGES, np.arange(22))}, {"x": [IMAGES, [np.arange(22), list(range(22))]], "subset": "validation"},
    {"x": (IMAGES, np.arange(3))}, {"sample_weight": [1, 2]}, {"x": list(IMAGES[:4]), "y": None}, {"seed": -1},
    {"x": IMAGES.tolist()}, {"batch_size": 0}, {"x": IMAGES[:0], "y": None}, {"x": IMAGES > 9}, {"x": (IMAGES,)},
], ids=lambda arguments: ", ".join(f"{name}={str(value)[:20]}" for name, value in arguments.items()))  # fmt: skip
def test_flow_takes_what_keras_takes(arguments: dict[str, Any]) -> None:
    """Labels, weights, further inputs and subsets, and the same class of error where they do not fit together."""
    options = {"x": IMAGES, "y": LABELS % 2, "batch_size": 4, "seed": 6, **arguments}

    def batches(library: Any) -> Any:
        flow = library.ImageDataGenerator(horizontal_flip=True, validation_split=0.4).flow(**options)
        return [flow.n, next(flow), next(flow), flow[0]]

    assert_same(batches)
