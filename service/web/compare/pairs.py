"""Two candidates against each other, on what both were trained and validated on: by seed, image by image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy.typing as npt
from numpy import int64

from api_schemas.reports.differences import Difference, Verdict
from augury.evidence.arm_results import ArmRecord
from augury.evidence.judgement import measure
from augury.evidence.metrics.table import Metric, metric_of
from augury.evidence.statistics.verdicts import verdict_of
from augury.evidence.stored.predictions import PredictionsReader
from service.resources import Resources
from service.web.compare.chosen import Chosen
from store.files.artifacts import ArtifactMissingError
from store.files.names import predictions_name
from store.files.snapshots import load_snapshot

CONFIDENCE = 0.95
"""At which all the intervals of a page hold together (Bonferroni's bound over its pairs)."""
MAX_FILES = 400
"""Of predictions that are read for one page."""


@dataclass(frozen=True)
class Pair:
    """One candidate minus another.

    Attributes:
        one: the first.
        other: the second.
        difference: in points of the metric; None where it is not tested.
        verdict: what its interval supports, *helps* meaning that the first is better.
        reason: why it is not tested, in a sentence; empty where it is.
    """

    one: Chosen
    other: Chosen
    difference: Difference | None = None
    verdict: Verdict | None = None
    reason: str = ""


def records_of(resources: Resources, chosen: Chosen, metric: Metric, arm: str | None = None) -> ArmRecord:
    """What the models of an arm (None: the candidate's own) gave for their validation images.

    Raises:
        ArtifactMissingError: predictions are not stored any more.
    """
    named = arm or chosen.candidate.arm
    reader = PredictionsReader(resources.artifacts.read, [metric], len(chosen.report.provenance.dataset.classes))
    spec = next(each.spec for each in chosen.report.arms if each.name == named)
    return ArmRecord(named, spec, reader.records(chosen.trials, named, predictions_name))


def metric_of_report(chosen: Chosen) -> Metric:
    """What decided in a candidate's job."""
    return metric_of(chosen.report.method.metric, list(chosen.report.provenance.dataset.classes))


def tested(resources: Resources, chosen: Sequence[Chosen]) -> list[Pair]:
    """Every two of the candidates, as far as they can be held against each other."""
    pairs = list(combinations(chosen, 2))
    if not pairs:
        return []
    if sum(len(each.seeds) for each in chosen) > MAX_FILES:
        reason = f"they have more than {MAX_FILES} trials, more than are read for a page"
        return [Pair(one, other, reason=reason) for one, other in pairs]
    metric = metric_of_report(chosen[0])
    records = {each.key: _records_or_reason(resources, each, metric) for each in chosen}
    groups = _groups(resources, chosen[0])
    confidence = 1 - (1 - CONFIDENCE) / len(pairs)
    return [_pair(one, other, records, metric, groups, confidence) for one, other in pairs]


def _pair(
    one: Chosen,
    other: Chosen,
    records: dict[str, ArmRecord | str],
    metric: Metric,
    groups: npt.NDArray[int64] | None,
    confidence: float,
) -> Pair:
    first, second = records[one.key], records[other.key]
    for found in (first, second):
        if isinstance(found, str):
            return Pair(one, other, reason=found)
    assert isinstance(first, ArmRecord)
    assert isinstance(second, ArmRecord)
    try:
        measured = measure(first, second, metric, groups)
    except ValueError:
        return Pair(one, other, reason="they were validated on different images")
    if measured is None:
        return Pair(one, other, reason="they share fewer than two seeds, so that nothing pairs their trials")
    difference = measured.reported(confidence)
    margin = max(each.report.method.practical_effect for each in (one, other))
    return Pair(one, other, difference, verdict_of(difference.low, difference.high, margin))


def _records_or_reason(resources: Resources, chosen: Chosen, metric: Metric) -> ArmRecord | str:
    try:
        return records_of(resources, chosen, metric)
    except ArtifactMissingError:
        return f"what the models of {chosen.label} predicted is not stored any more"


def _groups(resources: Resources, chosen: Chosen) -> npt.NDArray[int64] | None:
    """Of the dataset's images, where they are drawn in groups."""
    if chosen.report.provenance.dataset.groups is None:
        return None
    return load_snapshot(resources.artifacts, chosen.report.provenance.dataset_digest).groups
