"""What is recommended once the recommendation was put to the test: never what lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.plans import BASELINE, Arm, ArmRole, Round
from api_schemas.recommendations import RecommendedSpec
from api_schemas.reports.report import Report, Verdict
from augury.evidence.analysis import analyse
from augury.evidence.arm_results import ArmRecord, SeedRecord
from augury.evidence.comparison_report import comparison_report
from augury.evidence.next_round import RECOMMENDED
from augury.planning.comparison import with_round
from augury.reporting.html import render_html
from augury.reporting.markdown import render_markdown
from tests.augury.evidence.comparisons import CREATED_AT, LIKE_THE_BASELINE, analysis_of, record

IMAGES = 200
SPEC = ImageDataGeneratorSpec(rotation_range=7.0, rescale=1 / 255)
TRIED = RecommendedSpec(
    starts_from="flip", spec=SPEC, changes=[], is_no_augmentation=False, sentence="Try rotation_range 7."
)
ARMS = (BASELINE, "flip", RECOMMENDED)


def _trials(right: int | list[int], seeds: int) -> list[SeedRecord]:
    """Trials that know so many of the images, always the first of them; all alike, or each as many as are given."""
    labels, counts = np.arange(IMAGES) % 2, [right] * seeds if isinstance(right, int) else right
    return [record(labels, np.where(np.arange(IMAGES) < each, labels, 1 - labels)) for each in counts]


def _report(right: dict[str, int], right_when_confirmed: Mapping[str, int | list[int]]) -> Report:
    """A report on a comparison and its confirmation, by how many of the 200 images each arm knows in either."""
    searched = {name: _trials(count, 5) for name, count in right.items()}
    results = analysis_of(searched, {"flip": LIKE_THE_BASELINE}, recommend=True).results
    fresh = list(range(2**32, 2**32 + 5))
    new = Arm(name=RECOMMENDED, role=ArmRole.RECOMMENDED, spec=SPEC)
    plan = with_round(results.plan, Round(purpose="confirmation", arms=list(ARMS), seeds=fresh), new)
    records = {}
    for arm in plan.arms:
        of_search = results.records[arm.name].seeds if arm.name in results.records else {}
        confirmed = dict(zip(fresh, _trials(right_when_confirmed[arm.name], 5), strict=True))
        records[arm.name] = ArmRecord(arm.name, arm.spec, {**of_search, **confirmed})
    plan = plan.model_copy(update={"recommendation": TRIED})
    return comparison_report(analyse(replace(results, plan=plan, records=records)), CREATED_AT)


def test_a_recommendation_that_holds_up_is_recommended() -> None:
    """Its own figures are the report's."""
    advice = _report({BASELINE: 160, "flip": 160}, {BASELINE: 160, "flip": 160, RECOMMENDED: 180}).recommendation
    assert advice is not None
    assert (advice.recommended, advice.rejected) == (TRIED, None)


@pytest.mark.parametrize(("known", "verdict"), [(158, Verdict.INCONCLUSIVE), (100, Verdict.HURTS)])
def test_a_recommendation_that_fell_below_the_baseline_gives_way_to_it(known: int, verdict: Verdict) -> None:
    """Whether or not that is shown: who has the baseline has no reason to change."""
    report = _report({BASELINE: 160, "flip": 160}, {BASELINE: 160, "flip": 160, RECOMMENDED: known})
    advice = report.recommendation
    assert advice is not None
    assert advice.recommended.starts_from == BASELINE
    assert advice.recommended.is_no_augmentation
    assert advice.recommended.spec.has_augmentation is False
    assert (advice.verdict, advice.against_baseline) == (None, None)
    assert advice.rejected is not None
    assert (advice.rejected.recommended, advice.rejected.verdict) == (TRIED, verdict)
    assert "rotation_range 7, with rescale 1/255, was put to the test and did not hold up" in advice.sentence


def test_a_recommendation_that_is_ahead_by_less_than_its_seeds_differ_gives_way_to_the_baseline() -> None:
    """Ahead by two points on average, and behind by 17 on two of five seeds: it may as well harm."""
    counts = [200, 180, 125, 125, 190]
    report = _report({BASELINE: 160, "flip": 160}, {BASELINE: 160, "flip": 160, RECOMMENDED: counts})
    advice = report.recommendation
    assert advice is not None
    assert advice.rejected is not None
    assert advice.rejected.against_baseline is not None
    assert advice.rejected.against_baseline.mean > 0
    assert advice.recommended.starts_from == BASELINE
    assert "its seeds do not say with odds of five to one that it costs no more than 0.5 points" in advice.sentence


def test_no_form_of_a_report_opens_its_recommendation_with_what_lost() -> None:
    """It says what to keep, and then what lost by how much."""
    report = _report({BASELINE: 160, "flip": 160}, {BASELINE: 160, "flip": 160, RECOMMENDED: 100})
    for rendered in (render_markdown(report), render_html(report, {})):
        recommendation = rendered.partition('id="recommendation"' if "<html" in rendered else "## Recommendation")[2]
        assert "hurts" not in recommendation[: recommendation.index("Keep the baseline")]
        assert '"rotation_range": 7' not in recommendation
    summary = next(cause.text for cause in report.summary if cause.evidence == "/recommendation")
    assert summary.startswith("Keep the baseline: no augmentation, only rescale 1/255. What the evidence suggested, ")


def test_a_candidate_that_is_shown_to_help_is_recommended_where_what_was_made_of_it_lost() -> None:
    """Unless it fell below the baseline on the fresh seeds, too."""
    helped = {BASELINE: 120, "flip": 180}
    advice = _report(helped, {BASELINE: 160, "flip": 170, RECOMMENDED: 150}).recommendation
    assert advice is not None
    assert (advice.recommended.starts_from, advice.verdict) == ("flip", Verdict.HELPS)
    assert advice.recommended.spec.horizontal_flip
    unlucky = _report(helped, {BASELINE: 160, "flip": 159, RECOMMENDED: 150}).recommendation
    assert unlucky is not None
    assert unlucky.recommended.starts_from == BASELINE


COUNTS = st.integers(0, IMAGES)


@settings(max_examples=25, deadline=None)
@given(COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)
def test_nothing_is_ever_recommended_that_did_worse_than_the_baseline_when_it_was_confirmed(
    baseline: int, flip: int, fresh_baseline: int, fresh_flip: int, tried: int
) -> None:
    """Whatever the trials of either say."""
    advice = _report(
        {BASELINE: baseline, "flip": flip}, {BASELINE: fresh_baseline, "flip": fresh_flip, RECOMMENDED: tried}
    ).recommendation
    assert advice is not None
    known = {RECOMMENDED: tried, "flip": fresh_flip, BASELINE: fresh_baseline}
    arm = RECOMMENDED if advice.rejected is None else advice.recommended.starts_from
    assert known[arm] >= fresh_baseline
