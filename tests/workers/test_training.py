"""Real training on digits with real TensorFlow; few and small, because each costs a second."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import pytest

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.reports import Report
from api_schemas.trials import TrialResult
from store import jobs, trials
from store.queue import INGEST, RUN_TRIAL
from store.snapshots import Snapshot
from store.tables import JobRow
from tests.store.rows import DIGITS, OVER, TARGETED, comparison, new_job
from tests.workers.conftest import RecordingQueue
from workers.context import Context
from workers.datasets.builtin import load_builtin
from workers.ingestion import ingest
from workers.planner import advance
from workers.training.warmup import warm_up
from workers.trials import run_trial

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:keras", "ignore:This ImageDataGenerator specifies:UserWarning"
)

VIOLENT = ImageDataGeneratorSpec(
    rotation_range=180, width_shift_range=0.9, zoom_range=0.9, brightness_range=(0, 3), horizontal_flip=True
)


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """TensorFlow as a pool process has it: one thread, deterministic."""
    warm_up(threads=1)


@pytest.fixture(scope="module")
def digits() -> Snapshot:
    """The first 200 digits, read-only as a loaded snapshot is."""
    whole = load_builtin(DIGITS)
    whole.images.setflags(write=False)
    return Snapshot(whole.images[:200], whole.labels[:200], whole.class_names)


def _inputs(
    engine: str, spec: ImageDataGeneratorSpec, snapshot: Snapshot, training: Any = range(100), seed: int = 0
) -> Any:
    from workers.training.inputs import ENGINES

    return ENGINES[engine](spec, snapshot.images, snapshot.labels, np.asarray(training), seed)


class Nobody:
    """A watcher that lets everything go on, and counts how often it is asked."""

    def __init__(self) -> None:
        self.epochs: list[int] = []
        self.checks = 0

    def note(self, **progress: Any) -> None:
        """Hear of an epoch."""
        self.epochs.append(progress["epoch"])

    def check(self) -> None:
        """Let it go on."""
        self.checks += 1


def _definition(spec: dict[str, Any], seed: int = 0, **changes: Any) -> dict[str, Any]:
    return {
        "version": "1",
        "engine": "augury",
        "dataset": "d",
        "split": {"validation_fraction": 0.25, "training_images": 100},
        "model": {"name": "small_cnn"},
        "training": {"epochs": 2, "batch_size": 32, "optimizer": "adam", "learning_rate": 1e-3} | changes,
        "spec": ImageDataGeneratorSpec.model_validate(spec).model_dump(mode="json"),
        "seed": seed,
    }


def _train(definition: dict[str, Any], digits: Snapshot, watcher: Nobody | None = None) -> TrialResult:
    from workers.training.trial import train_trial

    return train_trial(definition, digits, watcher or Nobody())


def _measured(result: TrialResult) -> dict[str, Any]:
    return result.model_dump(exclude={"seconds", "augmentation_seconds"})


def test_the_same_definition_gives_the_same_result(digits: Snapshot) -> None:
    """Every curve to the last digit, with another trial in between."""
    definition = _definition(OVER | {"rescale": 1 / 255, "samplewise_center": True})
    watcher = Nobody()
    first = _train(definition, digits, watcher)
    other = _train(_definition({"rescale": 1 / 255}, seed=1), digits)
    again = _train(definition, digits)
    assert _measured(again) == _measured(first)
    assert _measured(other) != _measured(first)
    assert watcher.epochs == [1, 2]
    assert watcher.checks >= 2 * math.ceil(100 / 32), "a cancel is heeded within a step"
    assert (first.training_images, first.validation_images, first.epochs) == (100, 50, 2)
    assert len(first.curves.validation_accuracy) == 2
    assert first.validation_accuracy == first.curves.validation_accuracy[-1], "of the last epoch, not of the best"
    assert not first.diverged
    assert 0 < first.augmentation_seconds < first.seconds


def test_training_learns(digits: Snapshot) -> None:
    """Far better than one in ten on clean images, so the labels, the split and the loss belong together."""
    result = _train(_definition({"rescale": 1 / 255}, epochs=25), digits)
    assert result.validation_accuracy > 0.6
    assert result.clean_training_accuracy > 0.7


@pytest.mark.parametrize(
    "preprocessing",
    [
        {},
        {"rescale": 1 / 255},
        {"samplewise_center": True, "samplewise_std_normalization": True},
        {"featurewise_center": True, "featurewise_std_normalization": True, "rescale": 0.5},
        {"zca_whitening": True, "dtype": "float64"},
    ],
    ids=repr,
)
@pytest.mark.parametrize("engine", ["augury", "keras"])
def test_validation_images_get_the_preprocessing_half_only(
    engine: str, preprocessing: dict[str, Any], digits: Snapshot
) -> None:
    """However violent the augmentation, a model sees the same validation images as with the half alone."""
    violent = VIOLENT.model_copy(update=ImageDataGeneratorSpec(**preprocessing).model_dump(include=set(preprocessing)))
    validation = np.arange(100, 150)
    seen = _inputs(engine, violent, digits).preprocessed(validation)
    alone = _inputs(engine, violent.preprocessing(), digits).preprocessed(validation)
    np.testing.assert_array_equal(seen, alone)
    assert seen.dtype == np.float32
    np.testing.assert_array_equal(digits.images[100:150], load_builtin(DIGITS).images[100:150], "the snapshot is left")


@pytest.mark.parametrize("engine", ["augury", "keras"])
def test_rescaled_validation_images_are_the_pixels_times_the_factor(engine: str, digits: Snapshot) -> None:
    """A value worked out by hand, so that both sides of the comparison above cannot be wrong together."""
    spec = ImageDataGeneratorSpec(rescale=1 / 255, horizontal_flip=True)
    seen = _inputs(engine, spec, digits).preprocessed(np.arange(5))
    np.testing.assert_allclose(seen, digits.images[:5] / 255, rtol=1e-6)


@pytest.mark.parametrize("engine", ["augury", "keras"])
def test_two_specs_with_one_seed_see_the_same_images_in_the_same_order(engine: str, digits: Snapshot) -> None:
    """The order of three epochs depends on the seed alone, so a difference is the augmentation's."""
    marked = Snapshot(digits.images, np.arange(200), digits.class_names)

    def order(spec: ImageDataGeneratorSpec, seed: int) -> list[int]:
        batches = _inputs(engine, spec, marked, training=np.arange(50), seed=seed).batches(16)
        return [int(mark) for _, batch in islice(batches, 3 * 4) for mark in batch]

    plain = order(ImageDataGeneratorSpec(), 5)
    assert order(VIOLENT, 5) == order(ImageDataGeneratorSpec.model_validate(TARGETED), 5) == plain
    epochs = [plain[start : start + 50] for start in (0, 50, 100)]
    assert all(sorted(epoch) == list(range(50)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]
    assert order(VIOLENT, 6) != plain


def test_initial_weights_depend_on_the_seed_alone(digits: Snapshot) -> None:
    """After another training on the same compiled model as well, and the optimizer starts afresh."""
    from workers.training.models import initialised_model

    def fresh(seed: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
        model = initialised_model("small_cnn", (8, 8, 1), 10, "adam", 1e-3, seed)
        return model.get_weights(), [np.asarray(variable) for variable in model.optimizer.variables]

    weights, optimizer = fresh(1)
    _train(_definition(VIOLENT.model_dump(mode="json"), seed=9), digits)
    again, optimizer_again = fresh(1)
    for before, after in zip(weights + optimizer, again + optimizer_again, strict=True):
        np.testing.assert_array_equal(before, after)
    other, _ = fresh(2)
    assert any(not np.array_equal(before, after) for before, after in zip(weights, other, strict=True))


def test_split_weights_and_order_all_come_from_the_trials_own_seed(
    digits: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of the three is shared by two seeds, and all are by two specs of one seed."""
    from workers.training import inputs, trial

    used: list[tuple[int, ...]] = []

    def note(module: Any, name: str, of_interest: str | None = None) -> None:
        real = getattr(module, name)

        def noting(*arguments: Any) -> Any:
            result = real(*arguments)
            if of_interest is None or arguments[-1] == of_interest:
                used[-1] += (result if of_interest else arguments[-1],)
            return result

        monkeypatch.setattr(module, name, noting)

    note(trial, "initialised_model")
    note(trial, "draw_split")
    note(inputs, "stream_seed", inputs.BATCHES)
    for seed, spec in ((0, VIOLENT), (0, ImageDataGeneratorSpec(rescale=1 / 255)), (1, VIOLENT)):
        used.append(())
        _train(_definition(spec.model_dump(mode="json"), seed, epochs=1), digits)
    assert used[0] == used[1]
    assert all(one != other for one, other in zip(used[0], used[2], strict=True))
    assert len(set(used[0])) == 3


def test_training_that_diverges_is_a_result_and_not_an_error(digits: Snapshot) -> None:
    """It ends early, says so, and nothing in it is a number that JSON cannot say."""
    definition = _definition({}, optimizer="sgd", learning_rate=10.0, epochs=5)
    result = _train(definition, digits)
    assert result.diverged
    assert result.epochs < 5
    assert result.curves.training_loss[-1] is None
    assert math.isfinite(result.validation_accuracy)
    json.dumps(result.model_dump(mode="json"), allow_nan=False)
    assert TrialResult.model_validate_json(result.model_dump_json()) == result


def _work_off(context: Context, queue: RecordingQueue, job_id: str) -> None:
    """Do what the messages say until there are none."""
    advance(context, job_id)
    while queue.waiting:
        for task, unit_id, _ in queue.take():
            {INGEST: ingest, RUN_TRIAL: run_trial}.get(task, advance)(context, unit_id)


def test_a_comparison_runs_from_its_request_to_its_report(context: Context, queue: RecordingQueue) -> None:
    """Every message handled once; the second of two equal jobs trains nothing."""
    request = comparison(model={"name": "linear"}, evaluation={"seeds": 2, "training_images": 60})
    with context.database.writing() as session:
        job_id, repeated = new_job(session, request).id, new_job(session, request).id
    _work_off(context, queue, job_id)
    report = Report.model_validate_json(context.artifacts.read(f"jobs/{job_id}/report.json"))
    assert report.complete
    assert [len(arm.per_seed) for arm in report.arms] == [2, 2]
    _work_off(context, queue, repeated)
    again = Report.model_validate_json(context.artifacts.read(f"jobs/{repeated}/report.json"))
    assert again.cost.trials_reused == 4
    assert [candidate.difference for candidate in again.candidates] == [
        candidate.difference for candidate in report.candidates
    ]
    with context.database.reading() as session:
        assert session.get_one(JobRow, repeated).state == "succeeded"


@pytest.fixture
def cancelling_when_running(context: Context) -> Iterator[list[str]]:
    """A client that cancels the job whose id it is given as soon as one of its trials runs."""
    wanted: list[str] = []

    def cancel_soon() -> None:
        give_up_at = time.monotonic() + 20
        while time.monotonic() < give_up_at:
            with context.database.writing() as session:
                for job_id in wanted:
                    if any(trial.state == "running" for _, trial in trials.of_job(session, job_id)):
                        job = jobs.locked(session, job_id)
                        assert job is not None
                        jobs.cancel(session, job, time.time())
                        return
            time.sleep(0.05)

    thread = threading.Thread(target=cancel_soon)
    thread.start()
    yield wanted
    thread.join()


def test_a_running_trial_stops_soon_after_its_job_is_cancelled(
    context: Context, queue: RecordingQueue, cancelling_when_running: list[str]
) -> None:
    """Long before its thousand epochs are over; trial and job are cancelled, and nothing is published any more."""
    request = comparison(training={"epochs": 1000}, evaluation={"seeds": 2, "training_images": 1000})
    with context.database.writing() as session:
        job_id = new_job(session, request).id
    cancelling_when_running.append(job_id)
    began = time.monotonic()
    _work_off(context, queue, job_id)
    assert time.monotonic() - began < 20
    with context.database.reading() as session:
        assert session.get_one(JobRow, job_id).state == "cancelled"
        assert {trial.state for _, trial in trials.of_job(session, job_id)} == {"cancelled"}
    assert queue.take() == []
