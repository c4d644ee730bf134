"""Looking at the evidence several times."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from api_schemas.reports.report import Verdict
from augury.evidence.statistics.alpha_spending import (
    Schedule,
    confidence_at,
    looks,
    next_share,
    scheduled,
    settled,
)
from augury.evidence.statistics.verdicts import verdict_of

RANGES = st.tuples(st.integers(2, 50), st.integers(2, 50)).map(sorted)


@pytest.mark.parametrize(
    ("minimum", "maximum", "expected"),
    [(3, 10, [3, 5, 10]), (5, 5, [5]), (2, 4, [2, 4]), (3, 50, [3, 5, 9, 16, 28, 50])],
)
def test_the_looks_of_common_ranges(minimum: int, maximum: int, expected: list[int]) -> None:
    """Few, and nearer to each other at the beginning."""
    assert looks(minimum, maximum) == expected


@given(RANGES)
def test_looks_begin_and_end_as_asked_and_grow_by_doubling_at_most(seeds: list[int]) -> None:
    """Rounding aside; every look has more seeds than the one before."""
    schedule = looks(*seeds)
    assert (schedule[0], schedule[-1]) == tuple(seeds)
    assert all(before < after <= 2 * before + 1 for before, after in pairwise(schedule))
    assert len(schedule) <= 6


@pytest.mark.parametrize(("minimum", "maximum"), [(1, 5), (6, 5), (0, 0)])
def test_a_range_that_is_none_is_refused(minimum: int, maximum: int) -> None:
    """Two seeds or more, and not more than there will be."""
    with pytest.raises(ValueError, match="2 <= minimum <= maximum"):
        looks(minimum, maximum)


@given(RANGES, st.floats(0.5, 0.999), st.integers(1, 20))
def test_the_errors_of_all_looks_and_comparisons_add_up_to_the_stated_one(
    seeds: list[int], confidence: float, comparisons: int
) -> None:
    """No more, so that it is kept, and no less, so that none is given away."""
    schedule = looks(*seeds)
    errors = [1 - confidence_at(schedule, look, confidence, comparisons) for look in schedule]
    assert comparisons * sum(errors) == pytest.approx(1 - confidence)


def test_a_fixed_number_of_seeds_spends_all_in_one_look() -> None:
    """And several candidates share it."""
    assert confidence_at([5], 5, 0.95) == pytest.approx(0.95)
    assert confidence_at([5], 5, 0.95, 5) == pytest.approx(0.99)


def test_most_of_the_error_is_kept_for_the_last_look() -> None:
    """Early intervals are more confident, as chance has more room there."""
    early, middle, late = (confidence_at([3, 5, 10], look, 0.95) for look in (3, 5, 10))
    assert early > late
    assert middle > late
    assert 1 - late > 0.5 * (1 - 0.95)


def test_an_end_between_two_looks_spends_what_the_next_one_would_have() -> None:
    """A comparison that is stopped is looked at once more, and never again."""
    assert confidence_at([3, 5, 10], 7, 0.95) == confidence_at([3, 5, 10], 10, 0.95)
    assert confidence_at([3, 5, 10], 2, 0.95) == confidence_at([3, 5, 10], 3, 0.95)


@given(RANGES, st.lists(st.integers(1, 40), max_size=6), st.floats(0, 0.9), st.integers(0, 3), st.integers(1, 20))
def test_any_number_of_extensions_keeps_the_total_below_the_stated_error(
    seeds: list[int], steps: list[int], reserve: float, further: int, comparisons: int
) -> None:
    """Planned looks spend what the reserve leaves, and every further one half of what is left of that."""
    planned = looks(*seeds)
    added = np.cumsum([planned[-1], *steps])[1:].tolist()
    schedule = scheduled(planned, added, reserve, further=further)
    assert list(schedule) == [*planned, *added]
    errors = [1 - confidence_at(schedule, look, 0.95, comparisons) for look in schedule]
    assert sum(errors[: len(planned)]) * comparisons == pytest.approx(0.05 * (1 - reserve))
    assert sum(errors) * comparisons <= 0.05 + 1e-12
    assert schedule.further == further + len(steps)
    assert next_share(schedule, reserve) == pytest.approx(reserve / 2 ** (further + len(steps) + 1))


def test_what_an_earlier_report_has_shown_costs_nothing_and_anything_else_is_a_further_look() -> None:
    """Looks at 3 and 5 are the earlier report's own; the one at 10 is paid from the reserve."""
    schedule = scheduled([3, 5, 10], (), 0.1, shown=[3, 5])
    plain = scheduled([3, 5, 10], (), 0.1)
    assert schedule.shares == (*plain.shares[:2], pytest.approx(0.05))
    assert scheduled([5], (), 0.1, shown=[5], kept=0.0).shares == (1.0,)
    assert scheduled([8], (), 0.1, shown=[], further=1).shares == (0.025,)


@pytest.mark.parametrize(("added", "reserve"), [([5], 0.1), ([4], 0.1), ([9, 7], 0.1), ([8], 1.0), ([8], -0.1)])
def test_a_schedule_that_is_none_is_refused(added: list[int], reserve: float) -> None:
    """Every look has more seeds than the one before."""
    with pytest.raises(ValueError, match="ascend"):
        scheduled([5], added, reserve)


@pytest.mark.parametrize(("schedule", "bound"), [(None, 0.2), (scheduled([5], [8, 12, 20], 0.1), 0.05)])
def test_going_on_while_undecided_is_safe_only_where_it_is_paid_for(schedule: Schedule | None, bound: float) -> None:
    """Full confidence at 5, 8, 12 and 20 seeds is wrong in more than one of ten; with the reserve in fewer than 5 %."""
    differences = np.random.default_rng(3).normal(0, 1, (20_000, 20))
    wrong = np.zeros(len(differences), bool)
    for look in (5, 8, 12, 20):
        seen = differences[:, :look]
        confidence = 0.95 if schedule is None else confidence_at(schedule, look, 0.95)
        half = stats.t.ppf((1 + confidence) / 2, look - 1) * seen.std(axis=1, ddof=1) / np.sqrt(look)
        wrong |= np.abs(seen.mean(axis=1)) > half
    assert wrong.mean() <= bound
    assert schedule is not None or wrong.mean() > 0.1


@pytest.mark.parametrize(("confidence", "comparisons"), [(0.0, 1), (1.0, 1), (float("nan"), 1), (0.95, 0)])
def test_a_confidence_or_number_that_is_none_is_refused(confidence: float, comparisons: int) -> None:
    """Before it makes an interval."""
    with pytest.raises(ValueError, match="confidence"):
        confidence_at([5], 5, confidence, comparisons)


def test_every_verdict_but_undecided_ends_a_comparison() -> None:
    """To be equivalent is an answer, too."""
    assert [settled(verdict) for verdict in Verdict] == [verdict is not Verdict.INCONCLUSIVE for verdict in Verdict]


@pytest.mark.parametrize("truth", [0.0, 0.5])
def test_no_more_verdicts_are_wrong_than_stated_however_often_one_looks(truth: float) -> None:
    """Neither a difference where there is none, nor equivalence where the difference is the margin itself."""
    schedule, runs = [3, 5, 10], 4000
    differences = np.random.default_rng(1).normal(truth, 0.4, (runs, schedule[-1]))
    wrong = (Verdict.HELPS, Verdict.HURTS) if truth == 0 else (Verdict.EQUIVALENT, Verdict.HURTS)
    open_runs, mistakes = np.ones(runs, bool), 0
    for look in schedule:
        seen = differences[:, :look]
        quantile = stats.t.ppf((1 + confidence_at(schedule, look, 0.95)) / 2, look - 1)
        half = quantile * seen.std(axis=1, ddof=1) / np.sqrt(look)
        verdicts = [
            verdict_of(mean - each, mean + each, 0.5) for mean, each in zip(seen.mean(axis=1), half, strict=True)
        ]
        mistakes += sum(run and verdict in wrong for run, verdict in zip(open_runs, verdicts, strict=True))
        open_runs &= [not settled(verdict) for verdict in verdicts]
    assert 0 < mistakes / runs <= 0.05
