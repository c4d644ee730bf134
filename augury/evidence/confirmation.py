"""The recommendation: made from the evidence of the comparison, judged by the evidence of the confirmation."""

from __future__ import annotations

from collections.abc import Sequence

from api_schemas.plans import BASELINE
from api_schemas.reports.evidence import RecommendedSpec
from api_schemas.reports.report import Difference, RecommendationReport, Verdict
from augury.evidence.candidate_results import question_of
from augury.evidence.comparison_results import Evidence
from augury.evidence.judgement import Judgement, difference_between
from augury.evidence.recommendation.parameter_choices import Contender
from augury.evidence.recommendation.recommend import recommend
from augury.evidence.statistics.verdicts import verdict_of
from augury.evidence.why.reasons import why_of
from augury.evidence.wording import change

RECOMMENDED = "augury:recommended"
"""No candidate can be called so: a name has no colon."""


def best_candidate(judgements: Sequence[Judgement]) -> Judgement | None:
    """The candidate with the highest mean difference; None where none has any."""
    compared = [each for each in judgements if each.difference is not None]
    return max(compared, key=lambda each: each.difference.mean if each.difference else 0.0, default=None)


def recommendation_for(evidence: Evidence, judgements: Sequence[Judgement]) -> RecommendedSpec:
    """What to use instead, from the evidence so far."""
    return recommend(
        [_contender(evidence, judgement, place) for place, judgement in enumerate(judgements)],
        evidence.records[BASELINE].spec,
        evidence.facts.shape,
    )


def confirmation_of(evidence: Evidence, judgements: Sequence[Judgement]) -> RecommendationReport | None:
    """How the recommendation did on its fresh seeds; None where there was none.

    The two intervals hold together at the stated confidence (Bonferroni).
    """
    recommended, seeds = evidence.plan.recommendation, evidence.seeds("confirmation")
    if recommended is None:
        return None
    settings, best = evidence.request.evaluation, best_candidate(judgements)
    confirmed = {name for each in evidence.plan.rounds if each.purpose == "confirmation" for name in each.arms}
    arm = next(arm.name for arm in evidence.plan.arms if arm.name in confirmed and arm.spec == recommended.spec)
    each = 1 - (1 - settings.confidence) / 2
    against_baseline = difference_between(evidence, arm, BASELINE, seeds, each)
    against_best = None if best is None else difference_between(evidence, arm, best.candidate.arm, seeds, each)
    verdict = None
    if against_baseline is not None:
        verdict = verdict_of(against_baseline.low, against_baseline.high, settings.practical_effect)
    name = None if best is None else best.candidate.name
    return RecommendationReport(
        recommended=recommended,
        verdict=verdict,
        against_baseline=against_baseline,
        best_candidate=name,
        against_best=against_best,
        seeds=seeds,
        sentence=_sentence(verdict, against_baseline, name, against_best),
    )


def _contender(evidence: Evidence, judgement: Judgement, place: int) -> Contender:
    question = question_of(evidence, judgement, place)
    return Contender(
        name=question.name,
        spec=question.arm.spec,
        why=why_of(question),
        difference=question.difference,
        preprocessing_difference=question.preprocessing_difference,
        augmentation_difference=question.augmentation_difference,
    )


def _sentence(
    verdict: Verdict | None,
    against_baseline: Difference | None,
    best: str | None,
    against_best: Difference | None,
) -> str:
    parts = []
    if against_baseline is not None and verdict is not None:
        parts.append(
            f"On {len(against_baseline.seeds)} fresh seeds it {_CONFIRMED[verdict]}: {change(against_baseline)}."
        )
    if against_best is not None:
        parts.append(f"Against {best} it {change(against_best)}.")
    return " ".join(parts) or "It was not put to the test."


_CONFIRMED = {
    Verdict.HELPS: "helps against the baseline",
    Verdict.HURTS: "hurts against the baseline, so do not use it",
    Verdict.EQUIVALENT: "makes no difference that matters against the baseline",
    Verdict.INCONCLUSIVE: "is not shown to differ from the baseline",
}
