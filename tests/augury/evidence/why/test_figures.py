"""The figures behind an explanation: strengths, affinity, safe ranges, shares of the damage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.evidence.arm_results import ArmRecord
from augury.evidence.dose_response import alone, at_fraction, augmentation_half, doses, random_values
from augury.evidence.probe_results import ClassCounts, Probe
from augury.evidence.safe_ranges import safe_fraction, safe_value
from augury.evidence.why.affinity import affinity_of, class_affinities, distinct_share, diversity_of, wilson
from augury.evidence.why.attribution import parameter_facts
from augury.planning.attribution_arms import RANDOM_PARAMETERS
from tests.augury.evidence.samples import CLASSES, OVER, OVER_AFFINITIES, SHAPE, arm, judged, probe

affinities = st.floats(0, 1.2)
points = st.lists(affinities, min_size=1, max_size=6).map(
    lambda values: [((index + 1) / len(values), value) for index, value in enumerate(values)]
)
thresholds = st.floats(0.5, 0.999)


def _effects(spec: ImageDataGeneratorSpec, probes: list[Probe]) -> list:  # type: ignore[type-arg]
    facts = parameter_facts(
        [each.candidates["over"].parameters for each in probes], [each.clean for each in probes], SHAPE, CLASSES
    )
    return [each.effect for each in facts]


@pytest.mark.parametrize(
    ("parameter", "value", "fraction", "expected"),
    [
        ("rotation_range", 90.0, 0.5, 45.0),
        ("zoom_range", [0.5, 1.5], 0.5, [0.75, 1.25]),
        ("brightness_range", [0.2, 0.4], 0.5, [0.6, 0.7]),
        ("width_shift_range", 0.5, 0.25, 0.125),
        ("width_shift_range", 10.0, 0.5, 5.0),
        ("width_shift_range", 2.0, 0.25, 0.5 / 28),
        ("height_shift_range", 5, 0.5, 3),
        ("height_shift_range", 2, 0.25, None),
        ("height_shift_range", [-4, 4], 0.5, [-2.0, 2.0]),
        ("height_shift_range", [-2, 2], 0.25, [-0.5 / 28, 0.5 / 28]),
        ("horizontal_flip", True, 0.5, None),
    ],
)
def test_a_weaker_parameter_keeps_its_unit(parameter: str, value: object, fraction: float, expected: object) -> None:
    """Factors shrink towards 1, pixels never turn into shares of the image unawares, ints keep whole steps."""
    assert at_fraction(parameter, value, fraction, SHAPE) == (  # type: ignore[arg-type]
        expected if not isinstance(expected, list | float) else pytest.approx(expected)
    )


def test_every_dose_is_a_valid_spec_and_the_last_is_the_specs_own() -> None:
    """What is asked about can be asked, up to the spec itself."""
    for parameter, value in random_values(OVER).items():
        steps = doses(parameter, value, SHAPE)
        assert all(alone(OVER, parameter, weaker).has_augmentation for _, weaker in steps)
        assert steps[-1] == (1.0, value)


def test_specs_that_differ_in_their_preprocessing_alone_have_the_same_random_half() -> None:
    """Nothing is asked about twice."""
    other = ImageDataGeneratorSpec.model_validate({**OVER.model_dump(), "rescale": None, "samplewise_center": True})
    assert augmentation_half(other) == augmentation_half(OVER)
    assert not augmentation_half(ImageDataGeneratorSpec(rescale=0.5, fill_mode="wrap")).has_augmentation


def test_affinity_is_the_ratio_of_accuracies() -> None:
    """As Gontijo-Lopes et al. define it."""
    found = affinity_of([judged(0.45)] * 3, [judged(0.9)] * 3)
    assert found is not None
    assert found.value == pytest.approx(0.5)
    assert found.low < 0.5 < found.high


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.1, 1)), min_size=1, max_size=6))
def test_an_affinity_lies_in_its_interval(accuracies: list[tuple[float, float]]) -> None:
    """Whatever the models answered."""
    augmented, clean = ([judged(pair[side]) for pair in accuracies] for side in (0, 1))
    found = affinity_of(augmented, clean)
    assert found is None or 0 <= found.low <= found.value <= found.high


def _probes_of_one_sample(
    generator: np.random.Generator, seeds: int, images: int, *, is_fixed: bool, is_counted: bool = True
) -> tuple[list[ClassCounts], list[ClassCounts], float]:
    """Answers to augmented and to clean images, as every model of a kind finds some images harder; and how many differ.

    Over all images that there are, 80 % are recognised as they are and 59 % augmented.
    """
    answers: tuple[list[ClassCounts], list[ClassCounts]] = ([], [])
    easy = generator.random(images) < 0.6
    for _ in range(seeds):
        easy = easy if is_fixed else generator.random(images) < 0.6
        shares = [np.where(easy, of_easy, of_hard) for of_easy, of_hard in [(0.85, 0.2), (0.96, 0.56)]]
        right = [generator.random(images) < each for each in shares]
        both = [int((right[0] & right[1]).sum())] if is_counted else None
        for kind, of_kind in enumerate(right):
            counts = ClassCounts(shown=[images], correct=[int(of_kind.sum())], correct_both_ways=both)
            answers[kind].append(counts)
    return answers[0], answers[1], 1 / seeds if is_fixed else 1.0


def test_what_was_recognised_both_ways_narrows_the_interval() -> None:
    """An image that is recognised augmented mostly is as it is; where that was not counted, nothing is assumed."""
    counted, uncounted = (
        affinity_of(*_probes_of_one_sample(np.random.default_rng(3), 2, 400, is_fixed=True, is_counted=is_counted))
        for is_counted in (True, False)
    )
    assert counted is not None
    assert uncounted is not None
    assert counted.value == uncounted.value
    assert counted.high - counted.low < 0.9 * (uncounted.high - uncounted.low)


def test_of_images_that_answer_alike_both_ways_the_ratio_is_nearly_certain() -> None:
    """Half of 200 are recognised, and the same ones: not as uncertain as two shares of a half; not certain, either."""
    same = ClassCounts(shown=[200], correct=[100], correct_both_ways=[100])
    found = affinity_of([same], [same])
    assert found is not None
    assert 0.005 < 1 - found.low < 0.05
    assert 0.005 < found.high - 1 < 0.05


@pytest.mark.parametrize("is_fixed", [True, False])
@pytest.mark.parametrize("seeds", [1, 5])
def test_intervals_of_affinities_hold_the_truth(seeds: int, is_fixed: bool) -> None:
    """On a fixed validation set too, of which every seed shows the same images."""
    generator = np.random.default_rng(3)
    truth = (0.6 * 0.85 + 0.4 * 0.2) / (0.6 * 0.96 + 0.4 * 0.56)
    held = []
    for _ in range(300):
        found = affinity_of(*_probes_of_one_sample(generator, seeds, 150, is_fixed=is_fixed))
        assert found is not None
        held.append(found.low <= truth <= found.high)
    assert np.mean(held) >= 0.93
    shares = [class_affinities(*_probes_of_one_sample(generator, seeds, 150, is_fixed=is_fixed))[0] for _ in range(300)]
    assert np.mean([each is not None and each.low <= truth <= each.high for each in shares]) >= 0.93


@pytest.mark.parametrize(
    ("indices", "expected"),
    [([[0, 1, 2, 3]] * 4, 0.25), ([[0, 1, 2, 3], [4, 5, 6, 7]], 1.0), ([[0, 1, 2, 3], [2, 3, 4, 5]], 0.75)],
)
def test_images_that_several_seeds_show_count_once(indices: list[list[int]], expected: float) -> None:
    """All of a fixed set, none of disjoint ones."""
    trial = arm("baseline", OVER, [0.9]).seeds[0]
    seeds = {seed: replace(trial, indices=np.array(each)) for seed, each in enumerate(indices)}
    probes = [probe(OVER, OVER_AFFINITIES, seed=seed).model_copy(update={"clean": judged(0.5, 4)}) for seed in seeds]
    assert distinct_share(probes, ArmRecord("baseline", OVER, seeds)) == pytest.approx(expected)


def test_a_random_choice_of_a_fixed_set_is_counted_by_expectation() -> None:
    """Two of four images, twice: three different ones on average."""
    trial = replace(arm("baseline", OVER, [0.9]).seeds[0], indices=np.arange(4))
    probes = [probe(OVER, OVER_AFFINITIES, seed=seed).model_copy(update={"clean": judged(0.5, 2)}) for seed in range(2)]
    assert distinct_share(probes, ArmRecord("baseline", OVER, {0: trial, 1: trial})) == pytest.approx(3 / 4)
    assert distinct_share([], ArmRecord("baseline", OVER, {})) == 1


def test_models_that_differ_widen_the_interval() -> None:
    """The seeds' models are part of the uncertainty, not the images alone."""
    alike = affinity_of([judged(0.5)] * 4, [judged(0.9)] * 4)
    different = affinity_of([judged(share) for share in (0.1, 0.9, 0.2, 0.8)], [judged(0.9)] * 4)
    assert alike is not None
    assert different is not None
    assert different.high - different.low > 2 * (alike.high - alike.low)


def test_a_model_that_knows_nothing_has_no_affinity() -> None:
    """Nothing is divided by zero, for a class neither."""
    assert affinity_of([judged(0.0)], [judged(0.0)]) is None
    clean = ClassCounts(shown=[10, 0], correct=[9, 0])
    assert class_affinities([clean], [clean])[1] is None


@settings(deadline=None)
@given(st.floats(0, 1), st.integers(1, 10_000))
def test_wilsons_interval_holds_the_share(share: float, trials: int) -> None:
    """Also at the ends, where the textbook interval has no width."""
    low, high = wilson(share, trials)
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1
    assert high - low > 0


def test_diversity_is_relative_and_needs_finite_losses() -> None:
    """Final training loss over the baseline's; none where a training diverged."""
    base = arm("baseline", OVER, [0.9], loss=0.1)
    assert diversity_of(arm("over", OVER, [0.5], loss=0.4), base) == pytest.approx(4)
    assert diversity_of(arm("over", OVER, [0.5], loss=None), base) is None


@settings(deadline=None)
@given(points, thresholds, thresholds)
def test_a_stricter_threshold_never_allows_more(doses: list[tuple[float, float]], one: float, other: float) -> None:
    """The safe fraction is monotone in the threshold, and a fraction."""
    strict, lax = safe_fraction(doses, max(one, other)), safe_fraction(doses, min(one, other))
    assert 0 <= strict <= lax <= 1


@settings(deadline=None)
@given(points, thresholds)
def test_no_measured_strength_below_the_safe_one_is_unsafe(doses: list[tuple[float, float]], threshold: float) -> None:
    """A dip counts, even where the affinity recovers later."""
    safe = safe_fraction(doses, threshold)
    assert all(affinity >= threshold for fraction, affinity in doses if fraction < safe)


@settings(deadline=None)
@given(st.floats(0.1, 300), points)
def test_a_safe_value_is_never_beyond_the_spec(value: float, doses: list[tuple[float, float]]) -> None:
    """The safe range is part of the range."""
    safe = safe_value("rotation_range", value, doses, SHAPE)
    assert safe is None or 0 < float(safe) <= value  # type: ignore[arg-type]


def test_a_harmful_flip_has_no_safe_value() -> None:
    """It is on or off."""
    assert safe_value("horizontal_flip", True, [(1.0, 0.7)], SHAPE) is None
    assert safe_value("horizontal_flip", True, [(1.0, 0.99)], SHAPE) is True


def test_whole_pixel_shifts_stay_whole() -> None:
    """Of the steps that were measured, the largest safe one."""
    assert safe_value("width_shift_range", 9, [(0.25, 0.99), (0.5, 0.97), (1.0, 0.5)], SHAPE) == 5


@settings(max_examples=25, deadline=None)
@given(st.fixed_dictionaries({name: st.floats(0.1, 1) for name in OVER_AFFINITIES}))
def test_shares_of_the_damage_sum_to_one(planted: dict[str, float]) -> None:
    """Or there is no damage, and no shares."""
    effects = _effects(OVER, [probe(OVER, planted)])
    shares = [effect.damage_share for effect in effects]
    if None in shares:
        assert set(shares) == {None}
        assert all(effect.high >= 1 for effect in effects)
    else:
        assert sum(shares) == pytest.approx(1)  # type: ignore[arg-type]


def test_parameters_are_told_most_damaging_first() -> None:
    """The order is the damage's, not the spec's."""
    effects = _effects(OVER, [probe(OVER, OVER_AFFINITIES)] * 3)
    assert [effect.parameter for effect in effects][:3] == ["width_shift_range", "height_shift_range", "rotation_range"]
    assert effects[0].affinity == pytest.approx(0.5, abs=0.01)


def test_what_changes_no_pixel_to_speak_of_has_no_effect() -> None:
    """Shear by half a degree."""
    effects = _effects(OVER, [probe(OVER, OVER_AFFINITIES, seen={"shear_range": 0.011})])
    assert [effect.parameter for effect in effects if effect.no_effect] == ["shear_range"]


def test_a_class_is_called_worst_only_beyond_doubt() -> None:
    """Two images of which one is missed prove nothing."""
    found = _effects(OVER, [probe(OVER, OVER_AFFINITIES)])[0]
    assert set(found.worst_classes) == set(CLASSES)
    few = probe(OVER, dict.fromkeys(OVER_AFFINITIES, 0.94))
    assert all(effect.worst_classes == [] for effect in _effects(OVER, [few]))


def test_every_random_field_of_a_spec_is_known() -> None:
    """A parameter that is added to the spec cannot be forgotten here."""
    preprocessing_or_filling = {"fill_mode", "cval", "interpolation_order", "validation_split"}
    random_half = set(ImageDataGeneratorSpec.model_fields) - set(OVER.preprocessing().model_fields_set)
    assert set(RANDOM_PARAMETERS) == random_half - preprocessing_or_filling - {"zca_epsilon"}
