"""The tables of a report, as text in rows and columns; HTML and Markdown only draw them.

Long ones are cut, and their note says what was left out and where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api_schemas.reports.evidence import ClassEffect, Look, ParameterEffect, Why
from api_schemas.reports.report import ArmReport, RecommendationReport, Report
from api_schemas.training.metrics import metric_choice
from augury.reporting import formatting
from augury.reporting.contents import (
    arms_notes,
    failures_by_reason,
    has_augmentation,
    preprocesses_as_baseline,
    trained_trials,
)
from augury.wording import count, listed

MAX_CLASSES = 20
MAX_ARMS = 60
MAX_SEEDS = 8
MAX_FAILURES = 20
_NOT_MEASURED = ""


@dataclass(frozen=True)
class Table:
    """The first column names the row. *numeric* has the columns that are aligned to the right."""

    caption: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    numeric: frozenset[int] = frozenset()
    note: str = ""


def verdicts(report: Report) -> Table:
    """Each candidate with its verdict and differences in points of the metric that decides."""
    metric = metric_choice(report.method.metric)
    of_what = f"validation {formatting.plain(metric.title)}"
    unit = "percentage points" if metric.traits.unit.startswith("points") else metric.unit
    rows = [
        (
            formatting.plain(each.name),
            f"{formatting.BADGES[each.verdict].sign} {formatting.BADGES[each.verdict].word}",
            formatting.difference(each.difference),
            "as baseline" if preprocesses_as_baseline(each) else formatting.difference(each.preprocessing),
            formatting.difference(each.augmentation) if has_augmentation(each) else "none",
        )
        for each in report.candidates
    ]
    return Table(
        f"Differences in {of_what} against the baseline, in {unit}, with intervals",
        ("Candidate", "Verdict", "Difference", "of which preprocessing", "of which augmentation"),
        rows,
        frozenset({2, 3, 4}),
    )


def parameters(why: Why) -> Table:
    """What each random transform does alone; columns that nothing was measured for are left out."""
    table = Table(
        "Each random transform alone, as the baseline's models see it, most damaging first",
        (
            "Parameter", "Value", "Affinity", "Interval", "Share of what is misrecognised", "Safe value",
            "Worst classes", "Trained alone", "Trained without",
        ),
        [_parameter(each) for each in why.parameters],
        frozenset({2, 3, 4, 5, 7, 8}),
        "Affinity: accuracy on augmented over clean validation images, so 100% means no damage.",
    )  # fmt: skip
    return _without_empty(table)


def _parameter(effect: ParameterEffect) -> tuple[str, ...]:
    return (
        effect.parameter,
        formatting.value(effect.value),
        "100% (no effect)" if effect.no_effect else formatting.percent(effect.affinity),
        f"{formatting.percent(effect.low)} to {formatting.percent(effect.high)}",
        _NOT_MEASURED if effect.damage_share is None else formatting.percent(effect.damage_share),
        "none" if effect.safe_value is None else formatting.value(effect.safe_value),
        listed([formatting.plain(name) for name in effect.worst_classes], 3),
        _NOT_MEASURED if effect.trained_alone is None else formatting.points(effect.trained_alone),
        _NOT_MEASURED if effect.trained_without is None else formatting.points(effect.trained_without),
    )


def _without_empty(table: Table) -> Table:
    kept = [at for at in range(len(table.headings)) if at == 0 or any(row[at] for row in table.rows)]
    return Table(
        table.caption,
        tuple(table.headings[at] for at in kept),
        [tuple(row[at] for at in kept) for row in table.rows],
        frozenset(new for new, old in enumerate(kept) if old in table.numeric),
        table.note,
    )


def most_changed(classes: Sequence[ClassEffect], max_classes: int) -> list[ClassEffect]:
    """The *max_classes* that changed most: significant ones first, then by the size of the difference."""
    ranked = sorted(classes, key=lambda each: (not each.significant, -abs(each.difference or 0.0)))
    return ranked[:max_classes]


def classes(why: Why, pointer: str) -> Table:
    """The classes that changed most."""
    shown = most_changed(why.classes, MAX_CLASSES)
    rows = [
        (
            formatting.plain(each.class_name),
            formatting.points(each.difference),
            formatting.interval(each.low, each.high),
            "yes" if each.significant else "no",
            formatting.percent(each.baseline_accuracy),
            formatting.percent(each.candidate_accuracy),
            formatting.percent(each.affinity),
            str(each.validation_images),
        )
        for each in shown
    ]
    return Table(
        "Accuracy by class, most changed first",
        (
            "Class", "Difference in points", "Interval", "Significant", "Baseline", "Candidate", "Affinity",
            "Images per seed",
        ),
        rows,
        frozenset({1, 2, 4, 5, 6, 7}),
        _left_out(len(why.classes) - len(shown), "class", "classes", pointer),
    )  # fmt: skip


def flips(why: Why) -> Table:
    """The confusions that grew."""
    rows = [
        (
            f"{formatting.plain(flip.source)} taken for {formatting.plain(flip.target)}",
            formatting.percent(flip.baseline_share),
            formatting.percent(flip.candidate_share),
        )
        for flip in why.flips
    ]
    caption = "Confusions that grew, as shares of the true class's validation images"
    return Table(caption, ("Confusion", "Baseline", "Candidate"), rows, frozenset({1, 2}))


def arms(report: Report) -> Table:
    """Every arm with its accuracies and times."""
    rows = [
        (
            formatting.plain(arm.name),
            arm.role,
            formatting.percent(arm.mean_validation_accuracy),
            _by_seed(arm),
            formatting.percent(arm.mean_clean_training_accuracy),
            formatting.seconds(arm.mean_seconds),
        )
        for arm in report.arms[:MAX_ARMS]
    ]
    notes = arms_notes(report)
    if len(report.arms) > len(rows):
        notes.append(_left_out(len(report.arms) - len(rows), "arm", "arms", "/arms"))
    return Table(
        "Arms: what was trained, and how accurate it was",
        ("Arm", "Role", "Validation accuracy", "By seed", "Accuracy on clean training images", "Time per trial"),
        rows,
        frozenset({2, 4, 5}),
        " ".join(notes),
    )


def _by_seed(arm: ArmReport) -> str:
    seeds = [formatting.percent(seed.validation_accuracy) + "*" * seed.diverged for seed in arm.per_seed]
    if len(seeds) <= MAX_SEEDS:
        return " ".join(seeds) or formatting.UNKNOWN
    values = [seed.validation_accuracy for seed in arm.per_seed]
    return f"{formatting.percent(min(values))} to {formatting.percent(max(values))} over {len(values)} seeds"


def failures(report: Report) -> Table:
    """One row for each arm and reason of trials without a result."""
    failed_seeds = failures_by_reason(report.arms)
    rows = [
        (formatting.plain(arm), listed(list(map(str, seeds)), MAX_SEEDS), formatting.plain(reason, 300))
        for (arm, reason), seeds in list(failed_seeds.items())[:MAX_FAILURES]
    ]
    left_out = _left_out(len(failed_seeds) - len(rows), "row", "rows", "/arms")
    return Table("Trials without a result", ("Arm", "Seeds", "Reason"), rows, note=left_out)


def looks(taken: Sequence[Look]) -> Table:
    """The looks of a sequential comparison."""
    rows = [
        (
            str(number),
            str(look.seeds),
            f"{100 * look.confidence:.2f}%",
            listed([formatting.plain(name) for name in look.settled], 5) or "none",
        )
        for number, look in enumerate(taken, 1)
    ]
    headings = ("Look", "Seeds per arm", "Confidence of each interval", "Candidates settled")
    return Table("When the evidence was looked at", headings, rows, frozenset({1, 2}))


def changes(recommendation: RecommendationReport) -> Table:
    """What the recommended spec changes, and why."""
    rows = [
        (
            each.parameter,
            formatting.value(each.before),
            formatting.value(each.after),
            formatting.plain(each.reason, 300),
        )
        for each in recommendation.recommended.changes
    ]
    start = formatting.plain(recommendation.recommended.starts_from)
    return Table(f"Changes against {start}", ("Parameter", "Before", "After", "Reason"), rows)


def cost(report: Report) -> Table:
    """What the evidence cost."""
    spent = report.cost
    own = [seed for arm in report.arms for seed in arm.per_seed if not seed.reused]
    total = sum(seed.seconds for seed in own)
    share = sum(seed.augmentation_seconds for seed in own) / total if total > 0 else None
    rows = [
        ("Trials", str(spent.trials)),
        ("Trained for this job", str(trained_trials(spent))),
        ("Reused from earlier jobs", str(spent.trials_reused)),
        ("Without a result", str(spent.trials_failed)),
        ("Training time, summed over trials", formatting.seconds(spent.training_seconds)),
        ("Of the trials' time, waiting for augmentation", formatting.percent(share)),
    ]
    return Table("Cost of the evidence", ("What", "How much"), rows, frozenset({1}))


def _left_out(number: int, noun: str, nouns: str, pointer: str) -> str:
    if number <= 0:
        return ""
    return f"{count(number, f'more {noun}', f'more {nouns}')} in the JSON report at {pointer}."
