"""The analysis of a comparison: everything that follows from its results, made once."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from augury.evidence.analysis import analyse
from augury.evidence.candidate_results import candidate_results
from augury.evidence.comparison_report import comparison_report
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.judgement import judge
from augury.evidence.next_round import next_round
from augury.evidence.why.reasons import why_of
from augury.planning.comparison import plan_comparison
from tests.augury.evidence.samples import CLASSES, OVER, OVER_AFFINITIES, arm, probe
from tests.store.databases import FACTS, comparison

CREATED_AT = "2027-01-15T08:00:00.000Z"
ACCURACIES = {"baseline": [0.9, 0.9, 0.9], "over": [0.6, 0.6, 0.6], "mild": [0.92, 0.88, 0.9]}


def _results() -> ComparisonResults:
    """A comparison of two candidates after its first and only look, with answers of the baseline's models."""
    specs = {"over": OVER.model_dump(exclude_defaults=True), "mild": {"rotation_range": 5, "rescale": 1 / 255}}
    request = comparison(specs, evaluation={"seeds": 3}, recommend=True)
    plan = plan_comparison(request, "uint8")
    return ComparisonResults(
        job_id="job_1",
        request=request,
        plan=plan,
        digest="d" * 64,
        facts=FACTS.model_copy(update={"classes": dict.fromkeys(CLASSES, 50)}),
        trials=[],
        records={each.name: arm(each.name, each.spec, ACCURACIES[each.name]) for each in plan.arms},
        probes=[probe(OVER, OVER_AFFINITIES, seed=seed) for seed in range(3)],
        stopped=False,
    )


def _count(monkeypatch: pytest.MonkeyPatch, *functions: Callable[..., Any]) -> Counter[str]:
    """Count the calls of these functions from wherever in the library they are called."""
    calls: Counter[str] = Counter()

    def counting(function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            calls[function.__name__] += 1
            return function(*arguments, **named)

        return counted

    modules = [module for name, module in sys.modules.items() if name.startswith("augury.")]
    for function in functions:
        for module in modules:
            if vars(module).get(function.__name__) is function:
                monkeypatch.setattr(module, function.__name__, counting(function))
    return calls


def test_everything_is_made_once_on_the_road_from_the_results_to_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """A judgement, its results and its reasons for each candidate, shared by the next round and the report."""
    calls = _count(monkeypatch, judge, candidate_results, why_of)
    analysis = analyse(_results())
    extension = next_round(analysis)
    assert extension is not None
    assert extension.recommendation is not None
    report = comparison_report(analysis, CREATED_AT)
    assert [candidate.why for candidate in report.candidates] == analysis.reasons
    assert calls == {"judge": 2, "candidate_results": 2, "why_of": 2}


def test_nothing_is_made_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where more seeds are due, nobody asks why yet."""
    calls = _count(monkeypatch, judge, candidate_results, why_of)
    analysis = analyse(_results())
    assert calls == {}
    assert analysis.best_candidate is not None
    assert analysis.best_candidate.candidate.name == "mild"
    assert calls == {"judge": 2}


def test_the_advice_names_the_extension_and_what_equivalence_would_take() -> None:
    """With its condition in front, the number that the further look needs, and a command that does it."""
    results = _results()
    seen = [0.95, 0.92, 0.99]
    mild = arm("mild", results.records["mild"].spec, seen)
    records = {**results.records, "mild": mild}
    undecided = analyse(replace(results, records=records)).candidate_results[1].needed
    assert undecided is not None
    said, seeds = undecided.sentence, undecided.seeds
    assert said.startswith("If the difference is what was seen so far, about ")
    assert f"{seeds} seeds in all would decide it: augury extend job_1 --seeds {seeds}." in said
    stopped = analyse(replace(results, records=records, stopped=True)).candidate_results[1].needed
    assert stopped is not None
    assert "augury extend" not in stopped.sentence
