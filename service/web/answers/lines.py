"""Jobs that are over, a line each: what they were about, and what they have answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api_schemas.base import timestamp
from api_schemas.jobs import JobKind, JobState
from augury.reporting import formatting
from augury.reporting.formatting import plain
from augury.reporting.plots.strip import forest_strip
from augury.wording import count
from service.web.answers.axes import Axis, axes_of
from service.web.phases import STATES
from store.rows.answers.names import dataset_name
from store.rows.answers.summaries import Answer, CandidateAnswer

MAX_CANDIDATES = 4
"""Of more, the best and the worst are shown."""
MAX_ERROR_LENGTH = 240


@dataclass(frozen=True)
class CandidateLine:
    """A candidate's verdict, its difference in words and as a strip of SVG; None where there is no difference."""

    name: str
    verdict: str
    difference: str
    strip: str | None


@dataclass(frozen=True)
class Line:
    """A job that is over.

    Attributes:
        job_id: its id.
        kind: what it was for.
        state: how it ended.
        ended: the same, in a word for people.
        dataset: its name.
        dataset_id: its id.
        model: what was trained; empty where nothing was.
        metric: what decided; empty where nothing was measured.
        unit: of its differences, in words.
        candidates: those that are shown.
        more: how many there are besides.
        said: what else there is to say of it: an accuracy, a failure; empty where there is nothing.
        labels: its client's.
        finished_at: in ISO 8601.
    """

    job_id: str
    kind: str
    state: str
    ended: str
    dataset: str
    dataset_id: str
    model: str
    metric: str
    unit: str
    candidates: list[CandidateLine]
    more: int
    said: str
    labels: Mapping[str, str]
    finished_at: str


@dataclass(frozen=True)
class Lines:
    """A page of them, and the axes that their strips are on."""

    lines: list[Line]
    axes: list[Axis]


def lines_of(rows: Iterable[Any]) -> Lines:
    """Lines of rows as `store.rows.answers.lists.page` gives them; those of one unit share an axis."""
    read = [(row, Answer.model_validate(row.answer) if row.answer else None) for row in rows]
    shown = [(row, answer, _shown(answer)) for row, answer in read]
    axes = axes_of((answer.unit, each) for _, answer, some in shown if answer for each in some)
    return Lines([_line(row, answer, some, axes) for row, answer, some in shown], list(axes.values()))


def _shown(answer: Answer | None) -> Sequence[CandidateAnswer]:
    """All candidates, or of many the best and the worst."""
    if answer is None or len(answer.candidates) <= MAX_CANDIDATES:
        return answer.candidates if answer else []
    ranked = sorted(answer.candidates, key=lambda each: (each.mean is not None, each.mean or 0.0), reverse=True)
    measured = [each for each in ranked if each.mean is not None] or ranked
    return [measured[0], measured[-1]] if len(measured) > 1 else measured


def _line(row: Any, answer: Answer | None, shown: Sequence[CandidateAnswer], axes: Mapping[str, Axis]) -> Line:
    axis = axes.get(answer.unit) if answer else None
    return Line(
        job_id=row.id,
        kind=row.kind,
        state=row.state,
        ended=STATES[JobState(row.state)],
        dataset=row.dataset or dataset_name(row.reference),
        dataset_id=row.dataset_id,
        model=row.model or "",
        metric=row.metric or "",
        unit=answer.unit if answer else "",
        candidates=[_candidate(each, answer.practical_effect, axis) for each in shown] if answer else [],
        more=len(answer.candidates) - len(shown) if answer else 0,
        said=_said(row, answer),
        labels={plain(key): plain(value) for key, value in row.labels.items()},
        finished_at=timestamp(row.finished_at),
    )


def _candidate(each: CandidateAnswer, practical_effect: float, axis: Axis | None) -> CandidateLine:
    if each.mean is None or each.low is None or each.high is None or axis is None:
        return CandidateLine(plain(each.name), each.verdict, "not measured", None)
    strip = forest_strip(
        each.mean, each.low, each.high, each.verdict,
        axis_low=axis.low, axis_high=axis.high, practical_effect=practical_effect,
    )  # fmt: skip
    words = f"{formatting.points(each.mean)} {formatting.interval(each.low, each.high)}"
    return CandidateLine(plain(each.name), each.verdict, words, strip)


def _said(row: Any, answer: Answer | None) -> str:
    if row.state == JobState.FAILED:
        return plain(str((row.error or {}).get("message", "It failed.")), MAX_ERROR_LENGTH)
    if row.state == JobState.CANCELLED:
        return "It was dropped before there was an answer."
    if answer is not None and answer.accuracy is not None:
        return f"Accuracy {formatting.percent(answer.accuracy)} over {count(answer.seeds, 'seed')}."
    return "The images are ready." if row.kind == JobKind.AUGMENTATION else ""
