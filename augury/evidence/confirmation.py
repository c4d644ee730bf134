"""The recommendation: made from the results of the comparison, judged by the results of the confirmation."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.plans import BASELINE, CandidatePlan, Plan
from api_schemas.recommendations import RecommendedSpec
from api_schemas.reports.evidence import Why
from api_schemas.reports.report import Difference, RecommendationReport, RejectedSpec, Verdict
from augury.evidence.candidate_results import CandidateResults
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.dose_response import Shape
from augury.evidence.judgement import difference_between
from augury.evidence.recommendation.parameter_choices import RankedCandidate
from augury.evidence.recommendation.recommend import recommend
from augury.evidence.recommendation.rejection import (
    CAUTION,
    Proven,
    may_harm,
    replacement_for,
    spec_in_words,
)
from augury.evidence.statistics.verdicts import verdict_of
from augury.evidence.wording import change
from augury.planning.splits import HELD_OUT, fixed_validation


def recommend_from(
    candidates: Sequence[CandidateResults], reasons: Sequence[Why], baseline: ImageDataGeneratorSpec, shape: Shape
) -> RecommendedSpec:
    """What to use instead.

    Args:
        candidates: all of them, in the report's order.
        reasons: of each candidate, in the same order.
        baseline: the baseline's spec.
        shape: height, width, channels of the images.
    """
    compared = [
        RankedCandidate(
            name=candidate.name,
            spec=candidate.arm.spec,
            why=why,
            difference=candidate.difference,
            preprocessing_difference=candidate.preprocessing_difference,
            augmentation_difference=candidate.augmentation_difference,
        )
        for candidate, why in zip(candidates, reasons, strict=True)
    ]
    return recommend(compared, baseline, shape)


def confirmation_report(results: ComparisonResults, helping: Collection[str] = ()) -> RecommendationReport | None:
    """How the plan's recommendation did on its fresh seeds; None where the plan has none.

    The two intervals hold together at the stated confidence (Bonferroni). The candidate that it has to beat is the one
    that was the best when it was made, whichever is now: that one was trained on the fresh seeds, too. A spec whose
    trials fell below the baseline's is not recommended any more, see ``replacement_for``.

    Args:
        results: of all rounds so far.
        helping: names of candidates that the comparison shows to help.
    """
    recommended, seeds = results.plan.recommendation, results.seeds("confirmation")
    if recommended is None:
        return None
    settings = results.request.evaluation
    rounds = [each for each in results.plan.rounds if each.purpose == "confirmation"]
    confirmed = {name for each in rounds for name in each.arms}
    validated_on = next((each.validated_on for each in rounds), None)
    judged_on = _judged_on(validated_on, fixed_validation(settings, results.facts))
    arm = confirmed_arm(results.plan)
    confidence = 1 - (1 - settings.confidence) / 2
    against_baseline = difference_between(results, arm, BASELINE, seeds, confidence)
    best = next((each for each in results.plan.candidates if each.arm in confirmed), None)
    against_best = None if best is None else difference_between(results, arm, best.arm, seeds, confidence)
    verdict = None
    if against_baseline is not None:
        verdict = verdict_of(against_baseline.low, against_baseline.high, settings.practical_effect)
    name = None if best is None else best.name
    report = RecommendationReport(
        recommended=recommended,
        verdict=verdict,
        against_baseline=against_baseline,
        best_candidate=name,
        against_best=against_best,
        seeds=seeds,
        validated_on=validated_on,
        sentence=_sentence(verdict, against_baseline, name, against_best, judged_on),
    )
    is_proven = best is not None and best.name in helping and best.arm != arm
    return _unless_it_lost(results, report, best if is_proven else None)


def _unless_it_lost(
    results: ComparisonResults, tried: RecommendationReport, proven: CandidatePlan | None
) -> RecommendationReport:
    """The report of what was tried, or, where that lost, one that recommends something else and says what lost."""
    records = results.records
    known = None
    if proven is not None:
        confidence = 1 - (1 - results.request.evaluation.confidence) / 3  # beside the two of what was tried
        difference = difference_between(results, proven.arm, BASELINE, tried.seeds, confidence)
        known = None if difference is None else Proven(proven.name, records[proven.arm].spec, difference)
    cautious = difference_between(results, confirmed_arm(results.plan), BASELINE, tried.seeds, CAUTION)
    is_risky = may_harm(cautious, results.request.evaluation.practical_effect)
    baseline = records[BASELINE].spec
    instead = replacement_for(tried.against_baseline, tried.against_best, baseline, known, may_harm=is_risky)
    if instead is None:
        return tried
    is_baseline = instead.starts_from == BASELINE
    stands = "" if is_baseline else f" {instead.starts_from} is shown to help by the comparison itself."
    return tried.model_copy(
        update={
            "recommended": instead,
            "verdict": None if is_baseline else Verdict.HELPS,
            "against_baseline": None if is_baseline or known is None else known.against_baseline,
            "against_best": None,
            "sentence": f"What the evidence suggested, {spec_in_words(tried.recommended.spec)}, was put to the test "
            f"and did not hold up. {tried.sentence}{_why_risky(results, cautious) if is_risky else ''}{stands}",
            "rejected": RejectedSpec(
                recommended=tried.recommended,
                verdict=tried.verdict,
                against_baseline=tried.against_baseline,
                against_best=tried.against_best,
            ),
        }
    )


def _why_risky(results: ComparisonResults, cautious: Difference | None) -> str:
    """Why a spec that was not behind is not recommended; nothing of one that was."""
    if cautious is None or cautious.mean < 0:
        return ""
    effect, unit = results.request.evaluation.practical_effect, results.metric.choice.unit
    return (
        f" It was not behind, but its seeds do not say with odds of five to one that it costs no more than {effect:g} "
        f"{unit}."
    )


def confirmed_arm(plan: Plan) -> str:
    """The name of the arm that the plan's recommendation is trained as."""
    confirmed = {name for each in plan.rounds if each.purpose == "confirmation" for name in each.arms}
    assert plan.recommendation is not None
    return next(arm.name for arm in plan.arms if arm.name in confirmed and arm.spec == plan.recommendation.spec)


def _sentence(
    verdict: Verdict | None,
    against_baseline: Difference | None,
    best: str | None,
    against_best: Difference | None,
    judged_on: str,
) -> str:
    sentences = []
    if against_baseline is not None and verdict is not None:
        sentences.append(
            f"On {len(against_baseline.seeds)} fresh seeds{judged_on} it {_CONFIRMED[verdict]}: "
            f"{change(against_baseline)}."
        )
    if against_best is not None:
        sentences.append(f"Against {best} it {change(against_best)}.")
    return " ".join(sentences) or "It was not put to the test."


def _judged_on(validated_on: str | None, fixed: str | None) -> str:
    """The images of the confirmation where all seeds share them; where each draws its own, nothing is to be said."""
    if validated_on == HELD_OUT:
        return " and the images that were kept for this, which the search has not seen,"
    if validated_on is not None:
        return f" and the {validated_on} images, which the search has not seen,"
    return "" if fixed is None else " and the same validation images that it was chosen on"


_CONFIRMED = {
    Verdict.HELPS: "helps against the baseline",
    Verdict.HURTS: "hurts against the baseline, so do not use it",
    Verdict.EQUIVALENT: "makes no difference that matters against the baseline",
    Verdict.INCONCLUSIVE: "is not shown to differ from the baseline",
}
