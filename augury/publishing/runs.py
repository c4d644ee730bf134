"""What an experiment tracker is told of a report: a run for the job, and below it one for each arm.

Plain values, which no tracker's library is needed for. All of them follow from the report, down to their order, so that
the same report is always the same runs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from api_schemas.plans import ArmRole
from api_schemas.reports.report import ArmReport, CandidateReport, Difference, Report
from augury.publishing.curves import arm_curves, standard_error
from augury.publishing.metric_names import taken_names
from augury.publishing.values import Value
from augury.reporting import formatting
from augury.reporting.markup import escaped, numbered, table_blocks
from augury.reporting.tables import verdicts

MAX_ARMS = 100
"""Runs below a job's: with more of them, a tracker's list is no longer one that people look through."""
MAX_NOTE_LENGTH = 4800
"""Of a run's description, which is a tag, and of tags some servers take 5,000 characters."""
LOCAL_JOB = "local"
"""The id in reports that no service has made."""
_FIRST = (ArmRole.BASELINE, ArmRole.CANDIDATE, ArmRole.RECOMMENDED, ArmRole.PREPROCESSING)
_NOT_SETTINGS = ("candidates", "dataset", "kind", "labels", "notify", "baseline", "spec")


@dataclass(frozen=True)
class RunContent:
    """One run.

    Attributes:
        key: what it is known by among the runs of its job; empty for the job's own.
        name: for people.
        note: about it, in Markdown.
        tags: words.
        params: what was asked for; never changes.
        values: numbers, each with a step.
        seconds: what its trials took together, on their workers.
    """

    key: str
    name: str
    note: str
    tags: Mapping[str, str]
    params: Mapping[str, str]
    values: tuple[Value, ...]
    seconds: float


@dataclass(frozen=True)
class JobContent:
    """All runs of one report.

    Attributes:
        job_id: what they are known by; of a report that no service has made, a name that follows from its content.
        digest: SHA-256 of the report: another one is another state of the job, which was extended.
        job: the run of the whole.
        arms: those below it, at most `MAX_ARMS`.
        arms_left_out: how many more there are in the report.
    """

    job_id: str
    digest: str
    job: RunContent
    arms: tuple[RunContent, ...]
    arms_left_out: int


def contents_of(report: Report) -> JobContent:
    """What there is to tell of a report."""
    digest = hashlib.sha256(report.model_dump_json().encode()).hexdigest()
    ordered = sorted(report.arms, key=lambda arm: _FIRST.index(arm.role) if arm.role in _FIRST else len(_FIRST))
    told, left_out = ordered[:MAX_ARMS], ordered[MAX_ARMS:]
    called = taken_names(name for arm in report.arms for name in arm.metrics)
    return JobContent(
        job_id=f"{LOCAL_JOB}-{digest[:12]}" if report.job_id == LOCAL_JOB else report.job_id,
        digest=digest,
        job=_job_run(report, len(left_out)),
        arms=tuple(_arm_run(report, arm, called) for arm in told),
        arms_left_out=len(left_out),
    )


def _job_run(report: Report, arms_left_out: int) -> RunContent:
    tags = {
        "augury.kind": report.kind.value,
        "augury.metric": report.method.metric,
        "augury.engine": report.provenance.engine,
        "augury.complete": str(report.complete).lower(),
        "augury.stopped": str(report.stopped).lower(),
        **_data_tags(report),
        **_verdict_tags(report),
        **{f"augury.label.{name}": text for name, text in _labels(report).items()},
        **({"augury.arms_left_out": str(arms_left_out)} if arms_left_out else {}),
    }
    return RunContent(
        key="",
        name=f"{formatting.dataset_name(report)}, {formatting.date(report)}",
        note=_note(report, arms_left_out),
        tags=tags,
        params=dict(_settings(report)),
        values=tuple(_job_values(report)),
        seconds=report.cost.training_seconds,
    )


def _data_tags(report: Report) -> dict[str, str]:
    return {
        "augury.dataset": formatting.dataset_name(report),
        "augury.dataset_digest": report.provenance.dataset_digest,
    }


def _verdict_tags(report: Report) -> dict[str, str]:
    """Each candidate's; and the one of all of them where there is only one, as the usual check has it."""
    called = taken_names(each.name for each in report.candidates)
    each_has = {f"augury.verdict.{called[each.name]}": each.verdict.value for each in report.candidates}
    said = sorted({each.verdict.value for each in report.candidates})
    return {**each_has, **({"augury.verdict": ", ".join(said)} if said else {})}


def _labels(report: Report) -> dict[str, str]:
    labels = report.provenance.request.get("labels")
    if not isinstance(labels, dict):
        return {}
    called = taken_names(map(str, labels))
    return {called[str(name)]: str(text) for name, text in labels.items()}


def _settings(report: Report) -> Iterator[tuple[str, str]]:
    """What was asked for, field by field: ``training.epochs``. What is of one arm alone is told with it."""
    yield "practical_effect", f"{report.method.practical_effect:g}"
    yield "confidence", f"{report.method.confidence:g}"
    request = report.provenance.request
    yield from _flat({name: value for name, value in request.items() if name not in _NOT_SETTINGS}, "")


def _flat(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    called = taken_names(map(str, values))  # some are names of classes
    for name, value in values.items():
        key = f"{prefix}{called[str(name)]}"
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{key}.")
        elif value is not None:
            yield key, value if isinstance(value, str) else json.dumps(value)


def _job_values(report: Report) -> Iterator[Value]:
    """Differences by candidate. Their step is the number of seeds: a job that is extended shows how it went on."""
    seeds = max((len(arm.per_seed) for arm in report.arms), default=0)
    called = taken_names(each.name for each in report.candidates)
    for each in report.candidates:
        yield from _difference_values(each.difference, seeds, f"/{called[each.name]}")
    if report.recommendation is not None and report.recommendation.against_baseline is not None:
        yield from _difference_values(report.recommendation.against_baseline, seeds, "/recommendation")
    cost = report.cost
    counts = {"seeds": seeds, "trials": cost.trials, "trials_reused": cost.trials_reused}
    counts["trials_failed"] = cost.trials_failed
    yield from (Value(name, float(number), seeds) for name, number in counts.items())
    yield Value("training_seconds", cost.training_seconds, seeds)


def _difference_values(difference: Difference | None, step: int, suffix: str = "", prefix: str = "") -> Iterator[Value]:
    if difference is not None:
        yield Value(f"{prefix}difference{suffix}", difference.mean, step)
        yield Value(f"{prefix}difference_low{suffix}", difference.low, step)
        yield Value(f"{prefix}difference_high{suffix}", difference.high, step)


def _arm_run(report: Report, arm: ArmReport, called: Mapping[str, str]) -> RunContent:
    candidate = next((each for each in report.candidates if each.arm == arm.name), None)
    spec = arm.spec.model_dump(mode="json", exclude_defaults=True)
    tags = {
        "augury.arm": arm.name,
        "augury.role": arm.role.value,
        "augury.spec": json.dumps(spec),
        **_data_tags(report),
        **({"augury.verdict": candidate.verdict.value} if candidate else {}),
    }
    return RunContent(
        key=arm.name,
        name=formatting.plain(arm.name),
        note=escaped(candidate.sentence) if candidate else "",
        tags=tags,
        params={"role": arm.role.value, **{name: json.dumps(value) for name, value in spec.items()}},
        values=tuple(_arm_values(report, arm, candidate, called)),
        seconds=sum(each.seconds for each in arm.per_seed),
    )


def _arm_values(
    report: Report, arm: ArmReport, candidate: CandidateReport | None, called: Mapping[str, str]
) -> Iterator[Value]:
    if candidate is not None:
        yield from _difference_values(candidate.difference, 0)
        yield from _difference_values(candidate.preprocessing, 0, prefix="preprocessing_")
        yield from _difference_values(candidate.augmentation, 0, prefix="augmentation_")
    deciding = report.method.metric
    for name, metric in arm.metrics.items():
        group = "" if name == deciding else "metrics/"
        yield Value(f"{group}{called[name]}", metric.mean, 0)
        error = standard_error(metric.per_seed)
        if error is not None:
            yield Value(f"{group}{called[name]}_standard_error", error, 0)
        if name == deciding:
            for seed, value in zip(metric.seeds, metric.per_seed, strict=True):
                yield Value(f"by_seed/{called[name]}", value, seed)
    yield from arm_curves(arm)
    yield Value("seeds", float(len(arm.per_seed)), 0)
    yield Value("trials_failed", float(len(arm.failed_trials)), 0)
    yield Value("trials_diverged", float(sum(each.diverged for each in arm.per_seed)), 0)


def _note(report: Report, arms_left_out: int) -> str:
    """What is where, the verdicts, and as much of the report in sentences as there is room for."""
    blocks = ["The whole report is among the artifacts: report.html to read, report.json with every figure."]
    if arms_left_out:
        blocks.append(f"{arms_left_out} more arms are in report.json, and have no run of their own here.")
    room = MAX_NOTE_LENGTH - len("\n\n".join(blocks))
    sentences: list[str] = []
    for sentence in [escaped(cause.text) for cause in report.sentences()]:
        if len(numbered([*sentences, sentence])) > room // 2:
            break
        sentences.append(sentence)
    shown = "\n\n".join(table_blocks(verdicts(report))) if report.candidates else ""
    if sentences:
        blocks.insert(0, numbered(sentences))
    if shown and len("\n\n".join([shown, *blocks])) <= MAX_NOTE_LENGTH:
        blocks.insert(0, shown)
    return "\n\n".join(blocks)
