"""Asking a really trained baseline about augmented digits: the directions that the standing example is known for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.evidence.probe_results import CandidateProbe, ParameterProbe, Probe
from augury.probing.forward import classifier, model_from
from augury.probing.probe import run_probe
from augury.probing.questions import questions_about
from augury.probing.sampling import answers_per_question, rounds_for, shown_images

BASELINE = ImageDataGeneratorSpec(rescale=1 / 255)
CANDIDATES = {
    "over": ImageDataGeneratorSpec(
        rotation_range=90.0, width_shift_range=0.5, height_shift_range=0.5, shear_range=0.5, zoom_range=0.5,
        horizontal_flip=True,
    ),
    "appropriate": ImageDataGeneratorSpec(
        rotation_range=20.0, width_shift_range=0.1, height_shift_range=0.1, horizontal_flip=True, rescale=1 / 255
    ),
    "targeted": ImageDataGeneratorSpec(
        brightness_range=(0.8, 1.2), channel_shift_range=0.1, samplewise_center=True,
        samplewise_std_normalization=True,
    ),
}  # fmt: skip

pytestmark = pytest.mark.usefixtures("warm")


class _Monitor:
    """Counts how often it is asked."""

    checks = 0

    def report_progress(self, **progress: Any) -> None:
        """Nothing to note."""

    def raise_if_cancelled(self) -> None:
        """Once more."""
        self.checks += 1


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Images ``[1797, 8, 8, 1]`` uint8 and labels."""
    bunch = load_digits()
    return np.rint(bunch.images * (255 / 16)).astype(np.uint8)[..., np.newaxis], bunch.target.astype(np.int64)


@pytest.fixture(scope="module")
def model(digits: tuple[np.ndarray, np.ndarray]) -> Any:
    """Softmax regression, trained on the first 1,400 digits."""
    import keras

    images, labels = digits
    keras.utils.set_random_seed(1)
    layers = [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
    trained = keras.Sequential(layers)
    trained.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    trained.fit(images[:1400] / 255.0, labels[:1400], epochs=8, batch_size=128, verbose=0)
    return trained


def _asked(
    model: Any,
    digits: tuple[np.ndarray, np.ndarray],
    monitor: _Monitor | None = None,
    known: dict[str, CandidateProbe] | None = None,
) -> Probe:
    images, labels = digits
    return run_probe(
        classifier(model), BASELINE, CANDIDATES, images, labels,
        validation_indices=np.arange(1400, 1797), training_indices=np.arange(1400), class_count=10, seed=3,
        monitor=monitor or _Monitor(), known=known,
    )  # fmt: skip


@pytest.fixture(scope="module")
def probe(model: Any, digits: tuple[np.ndarray, np.ndarray]) -> Probe:
    """The standing example's three candidates."""
    return _asked(model, digits)


def _affinity(probe: Probe, candidate: str, parameter: str) -> float:
    return _parameter(probe, candidate, parameter).judged.accuracy / probe.clean.accuracy


def _parameter(probe: Probe, candidate: str, parameter: str) -> ParameterProbe:
    return next(each for each in probe.candidates[candidate].parameters if each.parameter == parameter)


def test_a_flip_harms_digits_and_strong_shifts_most(probe: Probe) -> None:
    """The baseline is trained well, and does not recognise mirrored digits."""
    assert probe.clean.accuracy > 0.85
    assert _affinity(probe, "over", "horizontal_flip") < 0.85
    shift = max(_affinity(probe, "over", f"{axis}_shift_range") for axis in ("width", "height"))
    others = ("rotation_range", "shear_range", "zoom_range", "horizontal_flip")
    assert all(shift < _affinity(probe, "over", name) for name in others)


def test_half_a_degree_of_shear_and_a_tenth_of_a_grey_level_do_nothing(probe: Probe) -> None:
    """As measured on the pixels and on the answers."""
    assert _affinity(probe, "over", "shear_range") > 0.98
    assert _parameter(probe, "over", "shear_range").seen_change < 0.05
    assert _affinity(probe, "targeted", "channel_shift_range") > 0.98
    assert _parameter(probe, "targeted", "channel_shift_range").unchanged == 1


def test_samplewise_normalisation_undoes_brightness(probe: Probe) -> None:
    """Most of the change that is drawn is not seen."""
    brightness = _parameter(probe, "targeted", "brightness_range")
    assert brightness.seen_change < brightness.drawn_change / 2


def test_more_of_a_parameter_does_more_harm(probe: Probe) -> None:
    """Ninety degrees more than twenty, and a dose-response that falls."""
    assert _affinity(probe, "over", "rotation_range") < _affinity(probe, "appropriate", "rotation_range")
    accuracies = [dose.judged.accuracy for dose in _parameter(probe, "over", "rotation_range").doses]
    assert accuracies[0] > accuracies[2] > accuracies[-1]


def test_a_thousand_answers_are_asked_for_and_every_class_is_counted(probe: Probe) -> None:
    """Each of the 397 validation images is shown three times, the clean ones once."""
    assert sum(probe.clean.shown) == 397
    assert sum(probe.candidates["over"].judged.shown) == 3 * 397
    mistakes = probe.candidates["over"].judged
    assert sum(count for _, _, count in mistakes.mistakes) <= sum(mistakes.shown) - sum(mistakes.correct)


def test_the_same_seed_gives_the_same_answers_and_survives_json(
    probe: Probe, model: Any, digits: tuple[np.ndarray, np.ndarray]
) -> None:
    """And the monitor is asked all the while."""
    monitor = _Monitor()
    assert _asked(model, digits, monitor) == probe
    assert Probe.model_validate_json(probe.model_dump_json()) == probe
    assert monitor.checks > 30


def test_a_stored_model_answers_as_the_model_itself(
    model: Any, digits: tuple[np.ndarray, np.ndarray], tmp_path: Any
) -> None:
    """Through the bytes of its artifact, and in batches that are not full."""
    path = tmp_path / "model.keras"
    model.save(path)
    images = digits[0][:300] / np.float32(255)
    expected = np.asarray(model(images)).argmax(axis=1)
    assert np.array_equal(classifier(model_from(path.read_bytes()))(images), expected)


def test_what_several_candidates_have_in_common_is_asked_once(digits: tuple[np.ndarray, np.ndarray]) -> None:
    """A second name for a spec, or the same rotation beside something else, costs nothing or little."""
    batches: list[int] = []

    def classify(batch: np.ndarray) -> np.ndarray:
        batches.append(len(batch))
        return np.zeros(len(batch), np.int64)

    def asked(candidates: dict[str, ImageDataGeneratorSpec]) -> int:
        batches.clear()
        run_probe(
            classify, BASELINE, candidates, *digits, validation_indices=np.arange(100),
            training_indices=np.arange(100, 200), class_count=10, seed=0, monitor=_Monitor(),
        )  # fmt: skip
        return sum(batches)

    once = asked({"over": CANDIDATES["over"]})
    rescaled = CANDIDATES["over"].model_copy(update={"rescale": 1 / 255})
    assert asked({"over": CANDIDATES["over"], "rescaled": rescaled}) == once
    assert asked({**CANDIDATES}) < once + asked({"a": CANDIDATES["appropriate"], "t": CANDIDATES["targeted"]})


def test_brightness_on_two_channels_is_skipped_with_the_reason(digits: tuple[np.ndarray, np.ndarray]) -> None:
    """Keras cannot do it either; other candidates are still asked about."""
    images, labels = np.repeat(digits[0][:100], 2, axis=3), digits[1][:100]
    asked = run_probe(
        lambda batch: np.zeros(len(batch), np.int64), BASELINE,
        {"bright": CANDIDATES["targeted"], "turned": ImageDataGeneratorSpec(rotation_range=10.0)}, images, labels,
        validation_indices=np.arange(50), training_indices=np.arange(50, 100), class_count=10, seed=0,
        monitor=_Monitor(),
    )  # fmt: skip
    assert list(asked.candidates) == ["turned"]
    assert "channels" in asked.skipped["bright"]


def test_of_many_images_a_stratified_choice_is_shown() -> None:
    """Every class in its proportion, the same for the same seed."""
    labels = np.repeat([0, 1], [9000, 1000])
    chosen = shown_images(np.arange(10_000), labels, 1000, 5)
    assert len(set(chosen.tolist())) == 1000
    assert abs(int(labels[chosen].sum()) - 100) <= 1
    assert np.array_equal(chosen, shown_images(np.arange(10_000), labels, 1000, 5))


@pytest.mark.parametrize(("values", "answers"), [(64, 1000), (10_000, 400), (150_528, 300)])
def test_larger_images_are_shown_less_often(values: int, answers: int) -> None:
    """But never so rarely that the answers say nothing."""
    assert answers_per_question(values) == answers
    assert rounds_for(answers, answers) == 1


def test_what_is_known_is_not_asked_again(probe: Probe, model: Any, digits: tuple[np.ndarray, np.ndarray]) -> None:
    """The answers are the same as if it had been, whatever the candidate was called, and the others are asked."""
    known = {answers.asked: answers for answers in probe.candidates.values() if answers.asked is not None}
    monitor = _Monitor()
    again = _asked(model, digits, monitor, known)
    assert again == probe
    assert monitor.checks == 2  # both for the clean images
    del known[questions_about(CANDIDATES["over"])]
    assert _asked(model, digits, None, known) == probe


def test_the_same_is_asked_of_the_same_spec_alone() -> None:
    """A candidate's own normalisation counts, too, as changes are measured after it."""
    rotation = ImageDataGeneratorSpec(rotation_range=20.0)
    assert questions_about(rotation) == questions_about(ImageDataGeneratorSpec(rotation_range=20))
    others = [rotation.model_copy(update=change) for change in ({"rotation_range": 25.0}, {"samplewise_center": True})]
    assert len({questions_about(each) for each in (rotation, *others)}) == 3
