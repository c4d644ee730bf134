"""What is read from a report in one way, however it is drawn: on a page, in Markdown or on a terminal."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from api_schemas.plans import BASELINE, ArmRole
from api_schemas.reports.evidence import Cause
from api_schemas.reports.report import ArmReport, CandidateReport, Cost, Report
from api_schemas.training import backends
from api_schemas.training.metrics import DEFAULT_METRIC
from augury.reporting import formatting
from augury.wording import count, listed

DIVERGED = "* the loss stopped being finite"
"""What the star behind an accuracy means."""

MAX_LEAD_LENGTH = 200
"""Characters of a reason that are read at once, if its first sentence is no longer: two lines."""

MAX_WARNINGS = 10
"""Of the dataset's, beside the report's own notices."""


def causes_of(candidate: CandidateReport) -> Sequence[Cause]:
    """Why, strongest first, without the verdict that the candidate's sentence has said already."""
    return [cause for cause in candidate.why.causes if cause.kind != "verdict"] if candidate.why else []


def lead_and_rest(text: str) -> tuple[str, str]:
    """The first sentences of a text, as many as two lines hold, at least one; and what is left, which may be nothing.

    A sentence ends at a full stop before a capital letter; those of numbers and file names are none.
    """
    sentences = re.split(r"(?<=[.!?])\s+(?=[A-Z“])", text)
    taken, length = 0, 0
    for sentence in sentences:
        length += len(sentence) + 1
        if taken and length > MAX_LEAD_LENGTH:
            break
        taken += 1
    return " ".join(sentences[:taken]), " ".join(sentences[taken:])


def preprocesses_as_baseline(candidate: CandidateReport) -> bool:
    """Whether the candidate has no preprocessing of its own, so that none of its difference is owed to it."""
    return candidate.preprocessing_arm == BASELINE


def has_augmentation(candidate: CandidateReport) -> bool:
    """Whether the candidate does more than preprocess, so that a part of its difference is owed to that."""
    return candidate.preprocessing_arm != candidate.arm


def method_sentences(report: Report) -> list[str]:
    """How the verdicts were reached, the same on a page, in Markdown and on a terminal."""
    method, said = report.method, []
    said.append(f"Intervals: {method.interval}. Confidence {100 * method.confidence:g}%.")
    if report.candidates:
        said.append(_about_differences(report))
    if method.training_images:
        said.append(
            f"Each trial trained on {method.training_images} images and was measured on {method.validation_images} "
            f"others; splits were {method.splits}."
        )
    if method.backend != backends.DEFAULT_BACKEND:
        said.append(f"What computed every trial: {backends.NAMES[method.backend]}.")
    if method.epochs_rule:
        said.append(f"How long every arm was trained: {method.epochs_rule}.")
    if method.baseline_rule:
        said.append(f"Scale of the baseline: {method.baseline_rule}.")
    return said


def _about_differences(report: Report) -> str:
    effect = report.method.practical_effect
    within = f"Differences within {effect:g} {formatting.unit(report, is_one=effect == 1)} count as none"
    return f"{within}{'' if report.method.metric == DEFAULT_METRIC else '; above zero is better'}."


def failures_by_reason(arms: Sequence[ArmReport]) -> dict[tuple[str, str], list[int]]:
    """The seeds of trials without a result, by arm and reason."""
    seeds: dict[tuple[str, str], list[int]] = defaultdict(list)
    for arm in arms:
        for trial in arm.failed_trials:
            seeds[arm.name, f"{trial.error.message} ({trial.error.failure_class})"].append(trial.seed)
    return dict(seeds)


def arms_notes(report: Report) -> list[str]:
    """What has to be known to compare the accuracies of arms."""
    said = [f"{DIVERGED}."] if any(map(has_diverged, report.arms)) else []
    if report.recommendation is None or report.recommendation.validated_on is None:
        return said
    return said + [
        f"{formatting.plain(arm.name)} was judged on other images than the other arms: compare it by its differences."
        for arm in report.arms
        if arm.role == ArmRole.RECOMMENDED
    ]


def has_diverged(arm: ArmReport) -> bool:
    """Whether the loss stopped being finite in any of the arm's trials."""
    return any(seed.diverged for seed in arm.per_seed)


def trained_trials(cost: Cost) -> int:
    """Trials that the job trained itself, to the end."""
    return cost.trials - cost.trials_reused - cost.trials_failed


def notices(report: Report) -> list[str]:
    """What a reader must know before believing anything: what is missing, and the dataset's warnings."""
    failed, diverged = report.cost.trials_failed, [arm.name for arm in report.arms if has_diverged(arm)]
    said = []
    if report.stopped:
        said.append("The job was stopped early on request; the report covers what was done by then.")
    if failed > 0:
        said.append(f"{count(failed, 'trial')} of {report.cost.trials} gave no result; the report covers the others.")
    elif not report.complete and not report.stopped:
        said.append("Not every trial gave a result.")
    if diverged:
        names = listed([formatting.plain(name) for name in diverged], 5)
        said.append(f"The loss stopped being finite in trials of {names}.")
    return [*said, *caveats(report)]


def caveats(report: Report) -> list[str]:
    """What the evidence lacks beside trials: probes that failed, and the dataset's own warnings."""
    cost, said = report.cost, []
    if cost.probes_failed > 0:
        rest = "rest on the others" if cost.probes else "could not be measured"
        probes = count(cost.probes + cost.probes_failed, "probe")
        failed = f"{cost.probes_failed} of {probes} of the baseline's models failed"
        said.append(f"{failed}; affinity, shares and safe values {rest}.")
    return [*said, *(f"Dataset: {formatting.plain(line, 300)}" for line in _warnings(report))]


def _warnings(report: Report) -> list[str]:
    warnings = report.provenance.dataset.warnings
    more = len(warnings) - MAX_WARNINGS
    return [*warnings[:MAX_WARNINGS], *([f"{count(more, 'more warning')} in the JSON report."] if more > 0 else [])]
