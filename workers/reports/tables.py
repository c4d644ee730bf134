"""The tables of a report, as text in rows and columns; HTML and Markdown only draw them.

Long ones are cut, and their note says what was left out and where it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from api_schemas.plans import ArmRole
from api_schemas.reports.evidence import ClassEffect, Look, ParameterEffect, Why
from api_schemas.reports.report import ArmReport, RecommendationReport, Report
from workers.reports import words

MOST_CLASSES = 20
MOST_ARMS = 60
MOST_SEEDS = 8
MOST_FAILURES = 20
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
    """Each candidate with its verdict and differences in points."""
    rows = [
        (
            words.plain(each.name),
            f"{words.BADGES[each.verdict].sign} {words.BADGES[each.verdict].word}",
            words.difference(each.difference),
            "as baseline" if each.preprocessing_arm == ArmRole.BASELINE else words.difference(each.preprocessing),
            "none" if each.preprocessing_arm == each.arm else words.difference(each.augmentation),
        )
        for each in report.candidates
    ]
    return Table(
        "Differences in validation accuracy against the baseline, in percentage points, with intervals",
        ("Candidate", "Verdict", "Difference", "of which preprocessing", "of which augmentation"),
        rows,
        frozenset({2, 3, 4}),
    )


def parameters(why: Why) -> Table:
    """What each random transform does alone; columns that nothing was measured for are left out."""
    table = Table(
        "Each random transform alone, as the baseline's models see it, most damaging first",
        (
            "Parameter", "Value", "Affinity", "Interval", "Share of the damage", "Safe value",
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
        words.value(effect.value),
        "100% (no effect)" if effect.no_effect else words.percent(effect.affinity),
        f"{words.percent(effect.low)} to {words.percent(effect.high)}",
        _NOT_MEASURED if effect.damage_share is None else words.percent(effect.damage_share),
        "none" if effect.safe_value is None else words.value(effect.safe_value),
        words.listed([words.plain(name) for name in effect.worst_classes], 3),
        _NOT_MEASURED if effect.trained_alone is None else words.points(effect.trained_alone),
        _NOT_MEASURED if effect.trained_without is None else words.points(effect.trained_without),
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


def most_changed(classes: Sequence[ClassEffect], most: int) -> list[ClassEffect]:
    """The *most* classes that changed most: significant ones first, then by the size of the difference."""
    ranked = sorted(classes, key=lambda each: (not each.significant, -abs(each.difference or 0.0)))
    return ranked[:most]


def classes(why: Why, pointer: str) -> Table:
    """The classes that changed most."""
    shown = most_changed(why.classes, MOST_CLASSES)
    rows = [
        (
            words.plain(each.class_name),
            words.points(each.difference),
            words.interval(each.low, each.high),
            "yes" if each.significant else "no",
            words.percent(each.baseline_accuracy),
            words.percent(each.candidate_accuracy),
            words.percent(each.affinity),
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
            f"{words.plain(flip.source)} taken for {words.plain(flip.target)}",
            words.percent(flip.baseline_share),
            words.percent(flip.candidate_share),
        )
        for flip in why.flips
    ]
    caption = "Confusions that grew, as shares of the true class's validation images"
    return Table(caption, ("Confusion", "Baseline", "Candidate"), rows, frozenset({1, 2}))


def arms(report: Report) -> Table:
    """Every arm with its accuracies and times."""
    rows = [
        (
            words.plain(arm.name),
            arm.role,
            words.percent(arm.mean_validation_accuracy),
            _by_seed(arm),
            words.percent(arm.mean_clean_training_accuracy),
            words.seconds(arm.mean_seconds),
        )
        for arm in report.arms[:MOST_ARMS]
    ]
    diverged = any(seed.diverged for arm in report.arms for seed in arm.per_seed)
    notes = ["* the loss stopped being finite."] if diverged else []
    notes.append(_left_out(len(report.arms) - len(rows), "arm", "arms", "/arms"))
    return Table(
        "Arms: what was trained, and how accurate it was",
        ("Arm", "Role", "Validation accuracy", "By seed", "Accuracy on clean training images", "Time per trial"),
        rows,
        frozenset({2, 4, 5}),
        " ".join(filter(None, notes)),
    )


def _by_seed(arm: ArmReport) -> str:
    seeds = [words.percent(seed.validation_accuracy) + "*" * seed.diverged for seed in arm.per_seed]
    if len(seeds) <= MOST_SEEDS:
        return " ".join(seeds) or words.UNKNOWN
    values = [seed.validation_accuracy for seed in arm.per_seed]
    return f"{words.percent(min(values))} to {words.percent(max(values))} over {len(values)} seeds"


def failures(report: Report) -> Table:
    """One row for each arm and reason of trials without a result."""
    seeds: dict[tuple[str, str], list[str]] = defaultdict(list)
    for arm in report.arms:
        for trial in arm.failed_trials:
            seeds[arm.name, f"{trial.error.message} ({trial.error.failure_class})"].append(str(trial.seed))
    rows = [
        (words.plain(arm), words.listed(failed, MOST_SEEDS), words.plain(reason, 300))
        for (arm, reason), failed in list(seeds.items())[:MOST_FAILURES]
    ]
    left_out = _left_out(len(seeds) - len(rows), "row", "rows", "/arms")
    return Table("Trials without a result", ("Arm", "Seeds", "Reason"), rows, note=left_out)


def looks(taken: Sequence[Look]) -> Table:
    """The looks of a sequential comparison."""
    rows = [
        (
            str(number),
            str(look.seeds),
            f"{100 * look.confidence:.2f}%",
            words.listed([words.plain(name) for name in look.settled], 5) or "none",
        )
        for number, look in enumerate(taken, 1)
    ]
    headings = ("Look", "Seeds per arm", "Confidence of each interval", "Candidates settled")
    return Table("When the evidence was looked at", headings, rows, frozenset({1, 2}))


def changes(recommendation: RecommendationReport) -> Table:
    """What the recommended spec changes, and why."""
    rows = [
        (each.parameter, words.value(each.before), words.value(each.after), words.plain(each.reason, 300))
        for each in recommendation.recommended.changes
    ]
    start = words.plain(recommendation.recommended.starts_from)
    return Table(f"Changes against {start}", ("Parameter", "Before", "After", "Reason"), rows)


def cost(report: Report) -> Table:
    """What the evidence cost."""
    spent = report.cost
    trained = spent.trials - spent.trials_reused - spent.trials_failed
    own = [seed for arm in report.arms for seed in arm.per_seed if not seed.reused]
    total = sum(seed.seconds for seed in own)
    share = sum(seed.augmentation_seconds for seed in own) / total if total > 0 else None
    rows = [
        ("Trials", str(spent.trials)),
        ("Trained for this job", str(trained)),
        ("Reused from earlier jobs", str(spent.trials_reused)),
        ("Without a result", str(spent.trials_failed)),
        ("Training time, summed over trials", words.seconds(spent.training_seconds)),
        ("Of the trials' time, waiting for augmentation", words.percent(share)),
    ]
    return Table("Cost of the evidence", ("What", "How much"), rows, frozenset({1}))


def _left_out(number: int, noun: str, nouns: str, pointer: str) -> str:
    if number <= 0:
        return ""
    return f"{words.count(number, f'more {noun}', f'more {nouns}')} in the JSON report at {pointer}."
