"""The explanation in words: which causes are found, in which order, with which figures."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.reports.evidence import Cause, Needed, Why
from api_schemas.reports.report import CandidateReport, Verdict
from augury.evidence.arm_results import ArmRecord
from augury.evidence.candidate_results import CandidateResults
from augury.evidence.why.reasons import why_of
from augury.evidence.why.summary import summarise
from tests.augury.evidence.samples import (
    BASELINE,
    OVER,
    OVER_AFFINITIES,
    arm,
    difference,
    judged,
    over_results,
    probe,
    results_of,
)

TARGETED = ImageDataGeneratorSpec(
    brightness_range=(0.8, 1.2), channel_shift_range=0.1, samplewise_center=True, samplewise_std_normalization=True
)
NORMALISED = ArmRecord("targeted:preprocessing", TARGETED.preprocessing(), arm("", TARGETED, [0.93] * 3).seeds)


def _targeted(**changes: object) -> CandidateResults:
    answers = probe(
        TARGETED, {"brightness_range": 1.0, "channel_shift_range": 1.0}, name="targeted",
        seen={"brightness_range": 0.04, "channel_shift_range": 0.0005}, drawn={"brightness_range": 0.12},
    )  # fmt: skip
    return results_of(
        arm("targeted", TARGETED, [0.93] * 3), [answers] * 3, verdict=Verdict.HELPS, total=3.0,
        preprocessing=NORMALISED, preprocessing_points=3.0, augmentation_points=0.0, **changes,
    )  # type: ignore[arg-type]  # fmt: skip


def _of_kind(why: Why, kind: str) -> list[Cause]:
    return [cause for cause in why.causes if cause.kind == kind]


def test_shifts_and_rotation_are_found_to_do_most_of_the_damage() -> None:
    """Both shifts in one sentence, then rotation, flip and zoom; shear is said to do nothing."""
    why = why_of(over_results())
    told = [cause.text.split(" ")[0] for cause in _of_kind(why, "parameter")]
    assert told == ["width_shift_range", "rotation_range", "horizontal_flip", "zoom_range"]
    assert "height_shift_range 0.5" in _of_kind(why, "parameter")[0].text
    assert [cause.text.split(" ")[0] for cause in _of_kind(why, "no_effect")] == ["shear_range"]
    assert "degrees" in _of_kind(why, "no_effect")[0].text


def test_a_flip_is_told_with_the_classes_that_it_turns_into_each_other() -> None:
    """As what the baseline's models take for what, which is all that inference shows."""
    flip = next(cause for cause in _of_kind(why_of(over_results()), "parameter") if "horizontal_flip" in cause.text)
    assert "take 37% of “cat” for “dog”" in flip.text


def test_a_gain_of_the_preprocessing_is_not_credited_to_the_augmentation() -> None:
    """Normalisation gains, and the transforms are cancelled or nothing to begin with."""
    why = why_of(_targeted())
    assert [cause.kind for cause in why.causes[:2]] == ["preprocessing", "no_effect"]
    assert "gains 3.0 points" in why.causes[0].text
    cancelled, nothing = _of_kind(why, "no_effect")[1:]
    assert "undone by its own samplewise normalisation" in cancelled.text
    assert "adds at most 0.1 to values of up to 255" in nothing.text


def test_raw_values_where_the_baseline_rescales_are_named() -> None:
    """No rescale is a difference in preprocessing, with its own interval."""
    raw = ImageDataGeneratorSpec(rotation_range=90.0)
    alone = arm("over:preprocessing", raw.preprocessing(), [0.93] * 3)
    results = results_of(
        arm("over", raw, [0.5] * 3),
        [probe(raw, {"rotation_range": 0.5})],
        preprocessing=alone,
        preprocessing_points=3.5,
    )
    told = _of_kind(why_of(results), "preprocessing")[0]
    assert "raw values of 0 to 255 where the baseline sees 0 to 1" in told.text
    assert "gains 3.5 points (95% interval +2.5 to +4.5)" in told.text


def test_models_that_learned_nothing_are_said_to_have_learned_nothing() -> None:
    """At chance on their own training images, no statement about generalisation makes sense."""
    lost = results_of(arm("over", OVER, [0.5] * 3, training=0.52), total=-40.0)
    why = why_of(lost)
    assert "hardly learned anything" in why.causes[1].text
    assert not any("overfitting is not" in cause.text for cause in why.causes)


def test_a_short_training_is_a_cause_of_its_own() -> None:
    """An augmented arm learns slower."""
    slow = results_of(arm("over", OVER, [0.6] * 3, still_improving=True))
    why = why_of(slow)
    assert why.still_improving
    assert "3 of its 3 trials were still improving" in _of_kind(why, "still_improving")[0].text


def test_a_helping_augmentation_is_told_by_the_overfitting_that_it_cures() -> None:
    """And no parameter is accused."""
    mild = ImageDataGeneratorSpec(rotation_range=10.0, rescale=1 / 255)
    helped = results_of(
        arm("mild", mild, [0.95] * 3, training=0.97, loss=0.3), [probe(mild, {"rotation_range": 0.96}, name="mild")],
        verdict=Verdict.HELPS, total=5.0,
    )  # fmt: skip
    why = why_of(helped)
    assert why.causes[0].kind == "augmentation"
    assert "Overfitting shrinks" in _of_kind(why, "gap")[0].text
    assert _of_kind(why, "parameter") == []


def test_a_class_that_loses_significantly_is_named_with_its_accuracies() -> None:
    """The mean hides it."""
    why = why_of(over_results())
    assert "“cat” (90% to 60%)" in _of_kind(why, "class")[0].text


def test_what_an_undecided_verdict_needs_is_told_first() -> None:
    """It matters more than any cause of a difference that may not be there."""
    needed = Needed(seeds=20, images=None, sentence="20 seeds in all would decide it.")
    results = replace(_targeted(), needed=needed, difference=difference(0.5, 4.0))
    assert why_of(results).causes[0].text == needed.sentence


def test_without_a_probe_the_training_alone_is_told() -> None:
    """An arm whose baseline model is lost still has an explanation."""
    why = why_of(results_of(arm("over", OVER, [0.6] * 3)))
    assert why.affinity is None
    assert why.parameters == []
    assert why.causes[0].kind == "augmentation"


def test_a_baseline_that_guesses_is_not_asked_what_it_recognises() -> None:
    """A ratio of two accidents is no affinity."""
    ignorant = probe(OVER, OVER_AFFINITIES).model_copy(update={"clean": judged(0.52)})
    why = why_of(results_of(arm("over", OVER, [0.6] * 3), [ignorant]))
    assert why.affinity is None
    assert why.parameters == []


@settings(max_examples=25, deadline=None)
@given(st.fixed_dictionaries({name: st.floats(0.2, 1) for name in OVER_AFFINITIES}), st.floats(-60, 20))
def test_causes_follow_their_strength_and_the_same_evidence_gives_the_same_words(
    planted: dict[str, float], total: float
) -> None:
    """Whatever was measured."""
    results = results_of(arm("over", OVER, [0.9 + total / 200] * 3), [probe(OVER, planted)], total=total)
    why = why_of(results)
    strengths = [cause.strength for cause in why.causes]
    assert strengths == sorted(strengths, reverse=True)
    assert min(strengths) >= 0
    assert why == why_of(results)


def test_every_pointer_leads_somewhere_in_the_report() -> None:
    """Where the figures are."""
    results = over_results()
    report = {"candidates": [json.loads(_report(results).model_dump_json())], "arms": []}
    for cause in why_of(results).causes:
        found: object = report
        for part in cause.evidence.split("/")[1:]:
            found = found[int(part)] if isinstance(found, list) else found[part]  # type: ignore[index]
        assert found is not None, cause.evidence


def test_the_summary_begins_with_the_largest_effect_and_says_chiefly_why() -> None:
    """And names the best of several candidates."""
    summary = summarise([_report(_targeted()), _report(over_results(), index=1)], BASELINE, 0.5)
    assert summary[0].text.startswith("over: verdict.")
    assert "width_shift_range" in summary[0].text
    best = next(cause for cause in summary if cause.text.startswith("Best of"))
    assert best.text == "Best of the candidates is “targeted” with 93.0%; the baseline has 90.0%."


def test_a_baseline_that_leaves_nothing_to_win_is_said_to() -> None:
    """No augmentation can help it by an amount that matters."""
    perfect = arm("baseline", OVER.preprocessing(), [0.998] * 3)
    assert "99.8% already" in summarise([], perfect, 0.5)[0].text


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_candidate_of_another_probe_is_not_confused(seeds: int) -> None:
    """Only probes that know the candidate count."""
    results = over_results()
    mixed = [*results.probes[:seeds], probe(OVER, OVER_AFFINITIES, name="another", whole=0.0)]
    assert why_of(replace(results, probes=mixed)).affinity == pytest.approx(
        why_of(replace(results, probes=results.probes[:seeds])).affinity
    )


def _report(results: CandidateResults, index: int = 0) -> CandidateReport:
    return CandidateReport(
        name=results.name,
        arm=results.name,
        preprocessing_arm=results.preprocessing.name,
        verdict=results.verdict,
        sentence=f"{results.name}: verdict.",
        difference=results.difference,
        preprocessing=results.preprocessing_difference,
        augmentation=results.augmentation_difference,
        why=why_of(replace(results, index=index)),
    )
