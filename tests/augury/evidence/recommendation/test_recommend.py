"""What is recommended instead: kept, capped, switched off, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.recommendations import RecommendedSpec
from augury.evidence.candidate_results import CandidateResults
from augury.evidence.dose_response import random_values
from augury.evidence.recommendation.parameter_choices import RankedCandidate, towards_nothing
from augury.evidence.recommendation.recommend import recommend
from augury.evidence.why.reasons import why_of
from tests.augury.evidence.samples import (
    BASELINE_SPEC,
    OVER,
    OVER_AFFINITIES,
    SHAPE,
    arm,
    over_results,
    probe,
    results_of,
)
from tests.augury.evidence.why.test_causes import _targeted


def _ranked(results: CandidateResults) -> RankedCandidate:
    return RankedCandidate(
        results.name, results.arm.spec, why_of(results), results.difference, results.preprocessing_difference,
        results.augmentation_difference,
    )  # fmt: skip


def _recommended(*results: CandidateResults) -> RecommendedSpec:
    return recommend([_ranked(each) for each in results], BASELINE_SPEC, SHAPE)


def _reasons(recommended: RecommendedSpec) -> dict[str, str]:
    return {change.parameter: change.reason for change in recommended.changes}


def test_a_harmful_spec_is_capped_and_rid_of_what_harms_or_does_nothing() -> None:
    """Every change has a reason with its figure."""
    recommended = _recommended(over_results())
    kept = random_values(recommended.spec)
    assert set(kept) == {"rotation_range", "width_shift_range", "height_shift_range", "zoom_range"}
    assert 0 < recommended.spec.rotation_range < 10
    assert recommended.starts_from == "over"
    reasons = _reasons(recommended)
    assert set(reasons) == set(OVER_AFFINITIES)
    assert "affinity 0.70" in reasons["horizontal_flip"]
    assert "no effect" in reasons["shear_range"]


def test_transforms_that_helped_stay_as_they_are() -> None:
    """Training is better evidence than inference."""
    mild = ImageDataGeneratorSpec(rotation_range=30.0, channel_shift_range=0.1, rescale=1 / 255)
    results = results_of(
        arm("mild", mild, [0.95] * 3),
        [
            probe(
                mild, {"rotation_range": 0.8, "channel_shift_range": 1.0}, name="mild", seen={"channel_shift_range": 0}
            )
        ],
        total=5.0,
    )
    recommended = _recommended(results)
    assert random_values(recommended.spec) == {"rotation_range": 30.0}
    assert "gained 5.0 points" in recommended.sentence


def test_a_better_preprocessing_stays_and_a_worse_one_goes() -> None:
    """By its own arm's difference, whatever the transforms did."""
    better = _recommended(_targeted())
    assert better.spec == ImageDataGeneratorSpec(samplewise_center=True, samplewise_std_normalization=True)
    assert better.is_no_augmentation
    worse = replace(_targeted(), preprocessing_difference=over_results(total=-4.0).difference)
    recommended = _recommended(worse)
    assert recommended.spec.preprocessing() == BASELINE_SPEC.preprocessing()
    assert recommended.starts_from == "baseline"


def test_where_the_baseline_does_not_overfit_no_augmentation_is_recommended() -> None:
    """There is nothing to cure, unless training showed otherwise."""
    healthy = arm("baseline", BASELINE_SPEC, [0.9] * 3, training=0.905)
    recommended = _recommended(over_results(baseline=healthy, preprocessing=healthy))
    assert recommended.is_no_augmentation
    assert "overfits by 0.5 points" in recommended.sentence


def test_another_candidates_safe_transforms_are_taken_over() -> None:
    """The best candidate had the right preprocessing, and others tried what may help on top of it."""
    recommended = _recommended(over_results(), _targeted())
    assert recommended.starts_from == "targeted"
    assert recommended.spec.samplewise_std_normalization
    assert "rotation_range" in random_values(recommended.spec)
    assert _reasons(recommended)["rotation_range"].startswith("taken from “over”")


def test_more_transforms_leave_less_strength_to_each() -> None:
    """Safe one by one is not safe together."""
    turn = ImageDataGeneratorSpec(rotation_range=90.0, rescale=1 / 255)
    alone = results_of(arm("over", turn, [0.6] * 3), [probe(turn, {"rotation_range": 0.6})] * 3)
    assert _recommended(over_results()).spec.rotation_range < _recommended(alone).spec.rotation_range


def test_a_full_attribution_overrules_what_helped_as_a_whole() -> None:
    """A transform without which training did better does not stay."""
    results = over_results(total=5.0)
    better = arm("over:without:horizontal_flip", OVER, [0.7] * 3)
    recommended = _recommended(replace(results, attribution={better.name: better}))
    assert not recommended.spec.horizontal_flip
    assert "training without it was 10.0 points higher in these trials" in _reasons(recommended)["horizontal_flip"]


def test_without_any_comparison_the_baseline_is_left() -> None:
    """Nothing is made up."""
    recommended = recommend([], BASELINE_SPEC, SHAPE)
    assert (recommended.spec, recommended.starts_from) == (BASELINE_SPEC, "baseline")


@settings(max_examples=25, deadline=None)
@given(st.fixed_dictionaries({name: st.floats(0.2, 1) for name in OVER_AFFINITIES}), st.floats(-60, 20))
def test_no_transform_is_ever_recommended_stronger_than_it_was_tried(planted: dict[str, float], total: float) -> None:
    """A recommendation is a valid spec inside the candidate's own ranges."""
    results = results_of(arm("over", OVER, [0.9 + total / 200] * 3), [probe(OVER, planted)] * 3, total=total)
    recommended = _recommended(results)
    for name, value in random_values(recommended.spec).items():
        assert float(value) <= float(getattr(OVER, name))  # type: ignore[arg-type]
    assert all(change.before != change.after and change.reason for change in recommended.changes)


@pytest.mark.parametrize(
    ("parameter", "value", "expected"),
    [
        ("rotation_range", 14.29, 14.0),
        ("width_shift_range", 0.0469, 0.046),
        ("zoom_range", [0.871, 1.129], [0.88, 1.12]),
        ("width_shift_range", [-2.09, 2.09], [-2.0, 2.0]),
        ("height_shift_range", 3, 3),
        ("horizontal_flip", True, True),
        ("brightness_range", [1.0, 1.0], None),
    ],
)
def test_values_are_rounded_towards_doing_nothing(parameter: str, value: object, expected: object) -> None:
    """Two digits are all that the evidence is good for."""
    assert towards_nothing(parameter, value) == expected  # type: ignore[arg-type]
