"""What stands where on the page of a report: its sections, their pictures and tables, and how they are linked."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api_schemas.reports.evidence import Cause, Why
from api_schemas.reports.report import CandidateReport, Report
from augury.reporting import formatting, tables
from augury.reporting.plots import figures as plots
from augury.reporting.plots.style import Picture
from augury.reporting.tables import Table

MAX_DRAWN = 6
"""Candidates with pictures; the others have their tables only."""

MAX_OPEN = 5
"""With more candidates than this, they are folded up."""

MAX_SHEET_BYTES = 1_200_000
"""Of all contact sheets together, before base64 makes them a third larger."""

MAX_SENTENCE_LENGTH = 2000

_ANCHORS = (
    (r"/candidates/(\d+)/why/parameters", "candidate-{}-parameters"),
    (r"/candidates/(\d+)/why/classes", "candidate-{}-classes"),
    (r"/candidates/(\d+)/why/flips", "candidate-{}-confusions"),
    (r"/candidates/(\d+)/findings", "candidate-{}-findings"),
    (r"/candidates/(\d+)", "candidate-{}"),
    (r"/arms", "arms"),
    (r"/recommendation", "recommendation"),
    (r"/method", "method"),
    (r"/cost", "cost"),
    (r"/provenance", "provenance"),
)
"""Where a JSON pointer's figures are on the page; candidates count from 1 there. The first one that is there counts."""


@dataclass(frozen=True)
class Reason:
    """A sentence, and the fragment of the page that has its figures, or nothing."""

    text: str
    fragment: str
    badge: formatting.Badge | None = None


@dataclass(frozen=True)
class Evidence:
    """One kind of measurement: a heading's id, the heading, a picture and a table."""

    anchor: str
    heading: str
    picture: Picture | None
    table: Table


@dataclass(frozen=True)
class CandidatePart:
    """One candidate on the page."""

    anchor: str
    report: CandidateReport
    badge: formatting.Badge
    reasons: list[Reason]
    figures: list[tuple[str, str]]
    spec: str | None
    sheet: str | None
    sheet_note: str
    evidence: list[Evidence]


@dataclass(frozen=True)
class Page:
    """The whole page, in reading order."""

    report: Report
    notices: list[str]
    summary: list[Reason]
    candidates: list[CandidatePart]
    pictures: list[Picture]
    has_many: bool
    note: str


def page_of(report: Report, contact_sheets: Mapping[str, bytes]) -> Page:
    """Everything that is on the page."""
    candidates, left = [], MAX_SHEET_BYTES
    present = _anchors(report)
    for number, candidate in enumerate(report.candidates, 1):
        sheet = contact_sheets.get(candidate.name)
        fits = sheet is not None and len(sheet) <= left
        left -= len(sheet) if sheet is not None and fits else 0
        candidates.append(_candidate(report, candidate, number, sheet if fits else None, present, sheet is not None))
    drawn = (plots.differences(report), plots.accuracy(report), plots.learning(report))
    undrawn = len(candidates) - MAX_DRAWN
    return Page(
        report=report,
        notices=notices(report),
        summary=[_reason(cause, report, present) for cause in report.sentences()],
        candidates=candidates,
        pictures=[picture for picture in drawn if picture is not None],
        has_many=len(candidates) > MAX_OPEN,
        note=f"The last {undrawn} candidates have tables only; pictures are for the first {MAX_DRAWN}."
        if undrawn > 0
        else "",
    )


def notices(report: Report) -> list[str]:
    """What a reader must know before believing anything: what is missing from this report."""
    diverged = [formatting.plain(arm.name) for arm in report.arms if any(seed.diverged for seed in arm.per_seed)]
    failed = report.cost.trials_failed
    said = (
        (report.stopped, "The job was stopped early on request; the report covers what was done by then."),
        (
            failed > 0,
            f"{formatting.count(failed, 'trial')} of {report.cost.trials} gave no result; "
            "the report covers the others.",
        ),
        (not report.complete and not failed and not report.stopped, "Not every trial gave a result."),
        (bool(diverged), f"The loss stopped being finite in trials of {formatting.listed(diverged, 5)}."),
    )
    return [sentence for holds, sentence in said if holds]


def _candidate_of(cause: Cause) -> int | None:
    found = re.match(r"/candidates/(\d+)(?:/|$)", cause.evidence)
    return int(found.group(1)) if found else None


def causes_of(candidate: CandidateReport) -> Sequence[Cause]:
    """Why, strongest first, without the verdict that the candidate's sentence has said already."""
    return [cause for cause in candidate.why.causes if cause.kind != "verdict"] if candidate.why else []


def measures(candidate: CandidateReport) -> list[tuple[str, str]]:
    """The candidate's single figures, named; what was not measured is left out."""
    shown = [("Difference to the baseline", formatting.difference_in_full(candidate.difference))]
    if candidate.preprocessing_arm not in ("baseline", candidate.arm):
        shown += [
            ("of which preprocessing", formatting.difference_in_full(candidate.preprocessing)),
            ("of which augmentation", formatting.difference_in_full(candidate.augmentation)),
        ]
    return shown + (_measures_of(candidate.why) if candidate.why else [])


def _measures_of(why: Why) -> list[tuple[str, str]]:
    baseline = f" (baseline {formatting.points(why.baseline_generalisation_gap)})"
    measured = (
        ("Affinity", why.affinity, formatting.percent(why.affinity)),
        ("Diversity", why.diversity, f"{formatting.ratio(why.diversity)} times the baseline's final training loss"),
        ("Pixels invented", why.invented_share, formatting.percent(why.invented_share)),
        ("Source pixels kept", why.kept_share, formatting.percent(why.kept_share)),
        (
            "Generalisation gap",
            why.generalisation_gap,
            f"{formatting.points(why.generalisation_gap)} points"
            + (baseline if why.baseline_generalisation_gap is not None else ""),
        ),
        ("Learning", why.still_improving or None, "still improving when its epochs ended"),
    )
    return [(name, text) for name, value, text in measured if value is not None]


def _candidate(
    report: Report, candidate: CandidateReport, number: int, sheet: bytes | None, present: set[str], had_sheet: bool
) -> CandidatePart:
    spec = next((arm.spec for arm in report.arms if arm.name == candidate.arm), None)
    missing = "Its contact sheet is left out to keep this page small; a preview of its spec shows the same."
    return CandidatePart(
        anchor=f"candidate-{number}",
        report=candidate,
        badge=formatting.BADGES[candidate.verdict],
        reasons=[_reason(cause, report, present) for cause in causes_of(candidate)],
        figures=measures(candidate),
        spec=None if spec is None else formatting.spec_json(spec),
        sheet=None if sheet is None else f"data:image/png;base64,{base64.b64encode(sheet).decode()}",
        sheet_note=missing if had_sheet and sheet is None else "",
        evidence=_evidence(candidate.why, number) if candidate.why else [],
    )


def _evidence(why: Why, number: int) -> list[Evidence]:
    anchor = f"candidate-{number}"
    kinds = (
        (why.parameters, "parameters", "Each parameter alone", plots.dose_response, tables.parameters(why)),
        (
            why.classes, "classes", "By class", plots.classes,
            tables.classes(why, f"/candidates/{number - 1}/why/classes"),
        ),
        (why.flips, "confusions", "Confusions that grew", plots.confusions, tables.flips(why)),
    )  # fmt: skip
    is_drawn = number <= MAX_DRAWN
    return [
        Evidence(f"{anchor}-{name}", heading, plot(why, f"{anchor}-{name}-plot") if is_drawn else None, table)
        for found, name, heading, plot, table in kinds
        if found
    ]


def _reason(cause: Cause, report: Report, present: set[str]) -> Reason:
    at = _candidate_of(cause)
    tells = cause.kind == "verdict" and at is not None and at < len(report.candidates)
    badge = formatting.BADGES[report.candidates[at].verdict] if tells and at is not None else None
    return Reason(formatting.plain(cause.text, MAX_SENTENCE_LENGTH), _fragment(cause.evidence, present), badge)


def _anchors(report: Report) -> set[str]:
    """The ids that the page of this report has."""
    anchors = {"arms", "method", "cost", "provenance"} | ({"recommendation"} if report.recommendation else set())
    for number, candidate in enumerate(report.candidates, 1):
        why = candidate.why
        parts = {
            "": True,
            "-findings": bool(candidate.findings),
            "-parameters": bool(why and why.parameters),
            "-classes": bool(why and why.classes),
            "-confusions": bool(why and why.flips),
        }
        anchors |= {f"candidate-{number}{part}" for part, is_there in parts.items() if is_there}
    return anchors


def _fragment(pointer: str, present: set[str]) -> str:
    for pattern, anchor in _ANCHORS:
        found = re.match(rf"{pattern}(?:/|$)", pointer)
        if found:
            name = anchor.format(*(int(group) + 1 for group in found.groups()))
            if name in present:
                return name
    return ""
