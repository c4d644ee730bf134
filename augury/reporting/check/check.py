"""Whether a comparison passes a check, by the verdicts of the metric that decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from api_schemas.reports.report import CandidateReport, Report, Verdict


class FailOn(StrEnum):
    """What a check does not let pass."""

    HURTS = "hurts"
    INCONCLUSIVE = "inconclusive"
    NONE = "none"


class Outcome(StrEnum):
    """What came out of a check, gravest first."""

    FAILED = "failed"
    HURTS = "hurts"
    UNDECIDED = "undecided"
    FINE = "fine"


_FAILING: dict[FailOn, dict[Verdict, Outcome]] = {
    FailOn.HURTS: {Verdict.HURTS: Outcome.HURTS},
    FailOn.INCONCLUSIVE: {Verdict.HURTS: Outcome.HURTS, Verdict.INCONCLUSIVE: Outcome.UNDECIDED},
    FailOn.NONE: {},
}
"""The verdicts that fail a check, and what comes out of it then."""

_GRAVEST_FIRST = list(Outcome)
_VERDICTS_GRAVEST_FIRST = [Verdict.HURTS, Verdict.INCONCLUSIVE, Verdict.EQUIVALENT, Verdict.HELPS]


@dataclass(frozen=True)
class Check:
    """A job that is over, as a check.

    Only the verdicts of candidates count, which are those of the metric that decides, on the validation images:
    conditions, other metrics, other budgets and the recommendation are told and fail nothing.

    Attributes:
        fail_on: what fails it.
        job_id: of the comparison.
        report: of the comparison; None where the job made none.
        problem: why the job failed or was cancelled; empty where it succeeded.
        link: where people find the job; empty where nobody can.
    """

    fail_on: FailOn
    job_id: str
    report: Report | None
    problem: str = ""
    link: str = ""

    @property
    def candidates(self) -> Sequence[CandidateReport]:
        """All that were compared."""
        return [] if self.report is None else self.report.candidates

    @property
    def failing(self) -> Sequence[CandidateReport]:
        """The candidates that fail it."""
        return [each for each in self.candidates if self.fails(each)]

    @property
    def outcome(self) -> Outcome:
        """The gravest that came out: of a job that failed nothing is known, whatever is in its report."""
        if self.problem:
            return Outcome.FAILED
        found = {_FAILING[self.fail_on][each.verdict] for each in self.failing}
        return min(found, key=_GRAVEST_FIRST.index, default=Outcome.FINE)

    @property
    def gravest_verdict(self) -> Verdict | None:
        """Of all candidates, whatever fails the check; None where there is no candidate."""
        return min((each.verdict for each in self.candidates), key=_VERDICTS_GRAVEST_FIRST.index, default=None)

    def fails(self, candidate: CandidateReport) -> bool:
        """Whether this candidate alone would fail it."""
        return candidate.verdict in _FAILING[self.fail_on]
