"""A whole comparison without a service, by processes that train."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import augury
from augury.comparing.crew import Crew, crew
from augury.comparing.data import reference
from augury.comparing.errors import ComparisonFailedError
from augury.comparing.models import compiled_training, model_spec
from augury.comparing.outcome import Outcome
from augury.errors import DatasetRefused, NothingToSend

ROTATED, FLIPPED = {"rotation_range": 20}, {"horizontal_flip": True}
QUICK: dict[str, Any] = {
    **{"model": "linear", "epochs": 8, "seeds": 2, "progress": False, "processes": 1},
    "options": {"training": {"learning_rate": 0.1}},
}


def _images() -> tuple[Any, Any]:
    """Dark and bright ones, which a linear model tells apart."""
    generator = np.random.default_rng(0)
    labels = np.arange(60) % 2
    images = generator.integers(0, 60, (60, 6, 6, 1)) + 150 * labels[:, None, None, None]
    return images.astype(np.uint8), labels


@pytest.fixture(scope="module", autouse=True)
def _one_process() -> Iterator[None]:
    """The comparisons have one process after the other: it takes longer to load TensorFlow than they do to train."""
    with crew(1) as hands, pytest.MonkeyPatch.context() as patch:
        patch.setattr("augury.comparing.compare.crew", lambda size: nullcontext(hands))
        yield


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the trials of this module are kept."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def outcome(cache: Path) -> Outcome:
    """One comparison, looked at by several tests; Keras was told of a backend that there is not."""
    import keras  # noqa: F401  # before it can hear of that

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_BACKEND", "abacus")
        return augury.compare(*_images(), {"rotated": ROTATED, "flipped": FLIPPED}, cache=cache, **QUICK)


def test_a_comparison_gives_the_report_that_a_service_gives(outcome: Outcome) -> None:
    """With verdicts, their reasons by the baseline's models, and where it all comes from."""
    report = outcome.report
    assert set(outcome.verdicts) == {"rotated", "flipped"}
    assert report.complete
    assert {arm.name for arm in report.arms} == {"baseline", *outcome.verdicts}
    assert all(candidate.why.parameters for candidate in report.candidates)
    assert report.provenance.dataset.images == 60
    assert report.cost.trials == 6
    assert str(outcome).count("\n") == len(report.summary) - 1


def test_processes_compute_with_tensorflow_whatever_keras_has_here(outcome: Outcome) -> None:
    """As a service's do, whose trials have the same addresses."""
    assert set(outcome.verdicts) == {"rotated", "flipped"}


def test_an_outcome_is_shown_in_a_notebook_with_nothing_of_the_data_but_text(outcome: Outcome) -> None:
    """A sentence is text there, whatever stands in it, as the name of a class; the forest plot is inline."""
    first, *others = outcome.report.summary
    hostile = first.model_copy(update={"text": "<script>alert(1)</script>"})
    shown = Outcome(outcome.report.model_copy(update={"summary": [hostile, *others]}), {})._repr_html_()
    assert "<svg" in shown
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown


def test_an_outcome_becomes_a_page_a_table_and_markdown(outcome: Outcome, tmp_path: Path) -> None:
    """The page has the contact sheets in it."""
    page = outcome.to_html(tmp_path / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 2
    table = outcome.to_pandas()
    assert list(table.index) == list(outcome.verdicts)
    assert (table["low"] <= table["difference"]).all()
    assert "rotated" in outcome.to_markdown()


def test_what_was_trained_is_not_trained_again(outcome: Outcome, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comparison with one other candidate trains that one, and has the same figures of the others."""
    trained: list[str] = []
    carry_out = Crew.carry_out

    def watched(self: Crew, tasks: Any, heard: Any) -> dict[int, str]:
        trained.extend(task["do"] for task in tasks)
        return carry_out(self, tasks, heard)

    monkeypatch.setattr(Crew, "carry_out", watched)
    again = augury.compare(*_images(), {"rotated": ROTATED, "zoomed": {"zoom_range": 0.1}}, cache=cache, **QUICK)
    assert trained.count("train") == 2
    before = {arm.name: arm.mean_validation_accuracy for arm in outcome.report.arms}
    after = {arm.name: arm.mean_validation_accuracy for arm in again.report.arms}
    assert {name: after[name] for name in ("baseline", "rotated")} == {
        name: before[name] for name in ("baseline", "rotated")
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"candidates": {}}, "candidates"),
        ({"candidates": {"a": {"rotation": 3}}}, "rotation_range"),
        ({"candidates": {"a": ROTATED}, "metric": "recall:nobody"}, "nobody"),
        ({"candidates": {"a": ROTATED}, "options": {"evaluation": {"conditions": ["rotated"]}}}, "conditions"),
        ({"candidates": {"a": ROTATED}, "options": {"evaluation": {"validation_split": 0.001}}}, "validation"),
        ({"candidates": {"a": ROTATED}, "options": {"training": {"backend": "jax"}}}, "training.backend"),
        ({"candidates": {"a": ROTATED}, "epochs": 0}, "epochs"),
    ],
)
def test_a_comparison_that_cannot_be_is_refused_before_anything_is_trained(changes: dict[str, Any], said: str) -> None:
    """In a service's words."""
    with pytest.raises(ComparisonFailedError, match=said):
        augury.compare(*_images(), **{**QUICK, **changes})


def test_arrays_with_other_labels_than_images_are_refused(tmp_path: Path) -> None:
    """As is what is no data at all."""
    images, labels = _images()
    with pytest.raises(NothingToSend, match="60 images and 59 labels"):
        reference(images, labels[:-1], tmp_path)
    for x in (object(), 5, None):
        with pytest.raises(NothingToSend):
            reference(x, None, tmp_path)
    with pytest.raises(NothingToSend, match="leave y out"):
        reference("digits", labels, tmp_path)
    with pytest.raises(NothingToSend, match="no file or folder"):
        reference("no-such-folder", None, tmp_path)


def test_a_folder_that_cannot_be_read_is_refused_in_the_readers_words(tmp_path: Path) -> None:
    """With the rule that it breaks."""
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats" / "a.txt").write_text("no image")
    with pytest.raises(DatasetRefused, match="cannot be used"):
        augury.compare(tmp_path, candidates={"a": ROTATED}, **QUICK)


class _Batches:
    """As ``keras.utils.PyDataset``: it begins anew when it is over, so that its length counts."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, number: int) -> tuple[Any, Any]:
        images, labels = _images()
        at = slice(20 * (number % 3), 20 * (number % 3) + 20)
        return images[at], np.eye(2)[labels[at]]


def _one_by_one() -> Iterator[tuple[Any, Any]]:
    yield from zip(*_images(), strict=True)


def _one_hot() -> Iterator[tuple[Any, Any]]:
    images, labels = _images()
    yield from zip(images, np.eye(2)[labels], strict=True)


def _grey() -> Iterator[tuple[Any, Any]]:
    images, labels = _images()
    yield images[..., 0], labels


@pytest.mark.parametrize(
    "x",
    [_Batches(), _one_by_one(), _one_hot(), _grey()],
    ids=["batches, one-hot", "pairs", "pairs, one-hot", "batch of grey images"],
)
def test_what_is_gone_through_once_becomes_the_same_arrays(x: Any, tmp_path: Path) -> None:
    """In its order, whether it comes in batches or one by one."""
    with np.load(reference(x, None, tmp_path)["path"]) as stored:
        assert (stored["x"].reshape(60, 6, 6, 1) == _images()[0]).all()
        assert (stored["y"] == _images()[1]).all()


def test_what_never_ends_is_refused(tmp_path: Path) -> None:
    """TensorFlow's datasets say so, and Keras's."""

    class Endless:
        def cardinality(self) -> int:
            return -1

        def __iter__(self) -> Iterator[Any]:
            raise AssertionError("nobody is to begin with it")

    class Unbounded(_Batches):
        num_batches = None

    for x in (Endless(), Unbounded()):
        with pytest.raises(NothingToSend, match="never ends"):
            reference(x, None, tmp_path)


def test_what_does_not_come_to_its_end_while_there_is_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A generator cannot be asked whether it ever ends."""
    monkeypatch.setattr("augury.comparing.data.available_bytes", lambda: 10 * _images()[0][0].nbytes)

    def forever() -> Iterator[tuple[Any, Any]]:
        while True:
            yield from _one_by_one()

    with pytest.raises(NothingToSend, match="has not come to its end after 6 images"):
        reference(forever(), None, tmp_path)


def test_a_folder_of_photographs_is_a_dataset(tmp_path: Path) -> None:
    """Class folders, as people have them; what to compare is proposed, with the baseline's preprocessing."""
    for name, value in (("cats", 20), ("dogs", 200)):
        (tmp_path / name).mkdir()
        for number in range(8):
            Image.new("RGB", (9, 7), (value + number, value, value)).save(tmp_path / name / f"{number}.png")
    found = augury.compare(tmp_path, image_size=(6, 6), **QUICK | {"epochs": 2})
    assert found.report.provenance.dataset.classes == {"cats": 8, "dogs": 8}
    assert found.proposals is not None
    assert [each.name for each in found.proposals.candidates] == list(found.verdicts)
    assert {arm.role for arm in found.report.arms} == {"baseline", "candidate"}
    assert found.report.provenance.dataset.shape == (6, 6, 3)


def test_a_keras_models_architecture_optimizer_and_loss_are_taken() -> None:
    """In a process of its own, as Keras is not to be set up in this one; with fresh weights for every seed."""
    program = """
import json, keras
from augury.comparing.models import compiled_training, model_spec
from api_schemas.training.models import ModelSpec
model = keras.Sequential([keras.layers.Input((6, 6, 1)), keras.layers.Flatten(), keras.layers.Dense(2, "softmax")])
print(compiled_training(model))
model.compile(keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True), "sparse_categorical_crossentropy")
print(compiled_training(model))
model.compile(keras.optimizers.AdamW(0.01, weight_decay=0.02, global_clipnorm=1.5),
              keras.losses.CategoricalCrossentropy(label_smoothing=0.1))
print(compiled_training(model))
model.compile("adam", keras.losses.CategoricalFocalCrossentropy(gamma=3.0))
print(compiled_training(model))
for optimizer, loss in (("lion", "sparse_categorical_crossentropy"), ("adam", "mse")):
    model.compile(optimizer, loss)
    try:
        compiled_training(model)
    except Exception as error:
        print(type(error).__name__, error)
ModelSpec.model_validate(model_spec(model))
"""
    command = [sys.executable, "-c", program]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    plain, sgd, adamw, focal, lion, squares = done.stdout.splitlines()[-6:]
    assert plain == "{}"
    assert "'optimizer': 'sgd'" in sgd
    assert "'momentum': 0.9" in sgd
    assert "'nesterov': True" in sgd
    assert "'loss': 'cross_entropy'" in sgd
    assert "'weight_decay': 0.02, 'gradient_clip': 1.5, 'loss': 'cross_entropy', 'label_smoothing': 0.1" in adamw
    assert "'loss': {'name': 'focal', 'gamma': 3.0}" in focal
    assert lion.startswith("NothingToSend the model is compiled with Lion")
    assert squares.startswith("NothingToSend the model is compiled with the loss mse")


def test_a_model_is_a_name_or_a_part_of_a_request() -> None:
    """And nothing else that is no Keras model."""
    assert model_spec(None) is None
    assert model_spec("resnet8") == {"name": "resnet8"}
    assert model_spec({"name": "linear"}) == {"name": "linear"}
    assert compiled_training("resnet8") == {}
    with pytest.raises(NothingToSend):
        model_spec(7)
