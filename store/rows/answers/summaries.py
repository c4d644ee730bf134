"""A report in the few words and numbers that a line of a list has of it."""

from __future__ import annotations

from api_schemas.base import Body
from api_schemas.plans import ArmRole
from api_schemas.reports.differences import Verdict
from api_schemas.reports.report import Report
from augury.reporting import formatting


class CandidateAnswer(Body):
    """A candidate against the baseline; without numbers where too few trials finished."""

    name: str
    verdict: Verdict
    mean: float | None = None
    low: float | None = None
    high: float | None = None


class Answer(Body):
    """What a report says, in short. Differences are points of the metric, and above zero is better."""

    unit: str
    practical_effect: float
    candidates: list[CandidateAnswer]
    accuracy: float | None = None
    """Of a training: the mean over its seeds, a fraction."""
    seeds: int = 0
    recommended: str | None = None
    """The sentence that says what to use."""

    @property
    def means(self) -> list[float]:
        """Of the candidates that have one."""
        return [each.mean for each in self.candidates if each.mean is not None]

    @property
    def verdicts(self) -> str:
        """Those that there are, each between spaces, so that one can be looked for."""
        found = sorted({each.verdict.value for each in self.candidates})
        return f" {' '.join(found)} " if found else ""


def answer_of(report: Report) -> Answer:
    """A report in short."""
    trained = [arm for arm in report.arms if arm.role == ArmRole.CANDIDATE] or report.arms
    of_training = trained[0] if trained and not report.candidates else None
    advice = report.recommendation
    return Answer(
        unit=formatting.unit(report),
        practical_effect=report.method.practical_effect,
        candidates=[
            CandidateAnswer(
                name=each.name,
                verdict=each.verdict,
                mean=each.difference.mean if each.difference else None,
                low=each.difference.low if each.difference else None,
                high=each.difference.high if each.difference else None,
            )
            for each in report.candidates
        ],
        accuracy=of_training.mean_validation_accuracy if of_training else None,
        seeds=len(of_training.per_seed) if of_training else 0,
        recommended=advice.recommended.sentence if advice else None,
    )
