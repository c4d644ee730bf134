"""What follows from a comparison's results, each thing computed once: for the next round and for the report."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from api_schemas.plans import BASELINE
from api_schemas.recommendations import RecommendedSpec
from api_schemas.reports.evidence import Why
from api_schemas.reports.report import RecommendationReport, Verdict
from augury.evidence.arm_results import ArmRecord
from augury.evidence.candidate_results import CandidateResults, candidate_results
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.confirmation import confirmation_report, recommend_from
from augury.evidence.judgement import Judgement, best_of, judge
from augury.evidence.statistics.alpha_spending import Schedule
from augury.evidence.statistics.schedules import schedule_of
from augury.evidence.why.reasons import why_of


@dataclass(frozen=True)
class Analysis:
    """A comparison's results with all that is made of them. Nothing is computed before it is asked for, or twice."""

    results: ComparisonResults

    @cached_property
    def schedule(self) -> Schedule:
        """How many seeds each arm has at each look."""
        return schedule_of(self.results.plan, self.results.request.evaluation)

    @cached_property
    def schedules(self) -> list[Schedule]:
        """The same for each candidate, in the plan's order, with what its looks cost after earlier reports."""
        plan, evaluation = self.results.plan, self.results.request.evaluation
        return [schedule_of(plan, evaluation, candidate.name) for candidate in plan.candidates]

    @cached_property
    def looks_taken(self) -> list[int]:
        """Seeds per arm at the looks so far; those of the comparison, without the confirmation's."""
        planned = len(self.results.seeds("comparison"))
        return [look for look in self.schedule if look <= planned]

    @cached_property
    def judgements(self) -> list[Judgement]:
        """A judgement per candidate, in the plan's order."""
        return [
            judge(self.results, candidate, schedule, self.looks_taken)
            for candidate, schedule in zip(self.results.plan.candidates, self.schedules, strict=True)
        ]

    @cached_property
    def best_candidate(self) -> Judgement | None:
        """The candidate with the highest mean difference at equal seeds; None where none has any."""
        return best_of(self.judgements)

    @cached_property
    def candidate_results(self) -> list[CandidateResults]:
        """What was measured of each candidate, in the plan's order."""
        return [candidate_results(self.results, self.judgements, index) for index in range(len(self.judgements))]

    @cached_property
    def reasons(self) -> list[Why]:
        """What lies behind each candidate's result, in the plan's order."""
        return [why_of(candidate) for candidate in self.candidate_results]

    @cached_property
    def baseline(self) -> ArmRecord:
        """The baseline on the seeds of the comparison."""
        return self.results.records[BASELINE].on_seeds(self.results.seeds("comparison"))

    @cached_property
    def recommendation(self) -> RecommendedSpec:
        """What to use instead, from the results so far."""
        return recommend_from(self.candidate_results, self.reasons, self.baseline.spec, self.results.facts.shape)

    @cached_property
    def confirmation(self) -> RecommendationReport | None:
        """How the recommendation did on its fresh seeds; None where it was not made yet, or not asked for."""
        helping = {each.candidate.name for each in self.judgements if each.verdict is Verdict.HELPS}
        return confirmation_report(self.results, helping)


def analyse(results: ComparisonResults) -> Analysis:
    """The analysis of a comparison's results."""
    return Analysis(results)
