"""What stands where on the page of a report: its sections, their pictures and tables, and how they are linked."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from api_schemas.reports.evidence import Cause, Why
from api_schemas.reports.report import CandidateReport, Report
from augury.reporting import formatting, tables
from augury.reporting.contents import causes_of, lead_and_rest, notices
from augury.reporting.measures import measures
from augury.reporting.plots import figures as plots
from augury.reporting.plots.forest import forest
from augury.reporting.plots.picture import Picture
from augury.reporting.sections import sections_of
from augury.reporting.sections.section import Section
from augury.reporting.tables import Table

MAX_DRAWN = 6
"""Candidates with pictures; the others have their tables only."""

MAX_SHEET_BYTES = 1_200_000
"""Of all contact sheets together, before base64 makes them a third larger."""

_ANCHOR_OF_POINTER = (
    (r"/candidates/(\d+)/why/parameters", "candidate-{}-parameters"),
    (r"/candidates/(\d+)/why/classes", "candidate-{}-classes"),
    (r"/candidates/(\d+)/why/flips", "candidate-{}-confusions"),
    (r"/candidates/(\d+)/findings", "candidate-{}-findings"),
    (r"/candidates/(\d+)", "candidate-{}"),
    (r"/arms/\d+/metrics", "metrics"),
    (r"/final_scores", "final-scores"),
    (r"/arms", "arms"),
    (r"/conditions", "conditions"),
    (r"/recommendation", "recommendation"),
    (r"/automatic_epochs", "epochs"),
    (r"/budget_response", "budgets"),
    (r"/data_response", "images"),
    (r"/method", "method"),
    (r"/cost", "cost"),
    (r"/provenance", "provenance"),
)
"""Where a JSON pointer's figures are on the page; candidates count from 1 there. The first one that is there counts."""


@dataclass(frozen=True)
class Reason:
    """What is said in two lines, the rest of it, and the fragment of the page that has its figures, or nothing."""

    text: str
    rest: str
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
    forest: Picture | None
    summary: list[Reason]
    candidates: list[CandidatePart]
    sections: list[Section]
    pictures: list[Picture]
    note: str


def embedded(contact_sheets: Mapping[str, bytes]) -> dict[str, str | None]:
    """Addresses that have PNG files in themselves, the first ones first; None for those that there is no room for."""
    found: dict[str, str | None] = {}
    left = MAX_SHEET_BYTES
    for name, sheet in contact_sheets.items():
        fits = len(sheet) <= left
        left -= len(sheet) if fits else 0
        found[name] = f"data:image/png;base64,{base64.b64encode(sheet).decode()}" if fits else None
    return found


def page_of(report: Report, contact_sheets: Mapping[str, str | None]) -> Page:
    """Everything that is on the page.

    Args:
        report: what it is about.
        contact_sheets: by candidate, the addresses of those that there are; None of one that is left out, and that is
            said.
    """
    present = _anchors(report)
    candidates = [
        _candidate(report, candidate, number, contact_sheets, present)
        for number, candidate in enumerate(report.candidates, 1)
    ]
    drawn = (plots.accuracy(report), plots.learning(report))
    undrawn = len(candidates) - MAX_DRAWN
    return Page(
        report=report,
        notices=notices(report),
        forest=forest(report),
        summary=[_reason(cause, report, present) for cause in report.sentences()],
        candidates=candidates,
        sections=sections_of(report),
        pictures=[picture for picture in drawn if picture is not None],
        note=f"The last {undrawn} candidates have tables only; pictures are for the first {MAX_DRAWN}."
        if undrawn > 0
        else "",
    )


def _candidate_of(cause: Cause) -> int | None:
    found = re.match(r"/candidates/(\d+)(?:/|$)", cause.evidence)
    return int(found.group(1)) if found else None


def _candidate(
    report: Report,
    candidate: CandidateReport,
    number: int,
    contact_sheets: Mapping[str, str | None],
    present: set[str],
) -> CandidatePart:
    sheet = contact_sheets.get(candidate.name)
    spec = next((arm.spec for arm in report.arms if arm.name == candidate.arm), None)
    missing = "Its contact sheet is left out to keep this page small; a preview of its spec shows the same."
    return CandidatePart(
        anchor=f"candidate-{number}",
        report=candidate,
        badge=formatting.BADGES[candidate.verdict],
        reasons=[_reason(cause, report, present) for cause in causes_of(candidate)],
        figures=measures(candidate),
        spec=None if spec is None else formatting.spec_json(spec),
        sheet=sheet,
        sheet_note=missing if candidate.name in contact_sheets and sheet is None else "",
        evidence=_evidence(candidate.why, number) if candidate.why else [],
    )


def _evidence(why: Why, number: int) -> list[Evidence]:
    anchor, found = f"candidate-{number}", []

    def drawn(plot: Callable[[Why, int], Picture | None]) -> Picture | None:
        return plot(why, number) if number <= MAX_DRAWN else None

    if why.parameters:
        picture = drawn(plots.dose_response)
        found.append(Evidence(f"{anchor}-parameters", "Each parameter alone", picture, tables.parameters(why)))
    if why.classes:
        table = tables.classes(why, f"/candidates/{number - 1}/why/classes")
        found.append(Evidence(f"{anchor}-classes", "By class", drawn(plots.classes), table))
    if why.flips:
        picture = drawn(plots.confusions)
        found.append(Evidence(f"{anchor}-confusions", "Confusions that grew", picture, tables.flips(why)))
    return found


def _reason(cause: Cause, report: Report, present: set[str]) -> Reason:
    at = _candidate_of(cause)
    tells = cause.kind == "verdict" and at is not None and at < len(report.candidates)
    badge = formatting.BADGES[report.candidates[at].verdict] if tells and at is not None else None
    lead, rest = lead_and_rest(formatting.plain(cause.text, formatting.MAX_SENTENCE_LENGTH))
    return Reason(lead, rest, _fragment(cause.evidence, present), badge)


def _anchors(report: Report) -> set[str]:
    """The ids that the page of this report has."""
    anchors = {"arms", "method", "cost", "provenance"} | ({"recommendation"} if report.recommendation else set())
    anchors |= {section.anchor for section in sections_of(report)}
    for number, candidate in enumerate(report.candidates, 1):
        anchors |= set(_anchors_of(candidate, f"candidate-{number}"))
    return anchors


def _anchors_of(candidate: CandidateReport, anchor: str) -> Iterator[str]:
    yield anchor
    if candidate.findings:
        yield f"{anchor}-findings"
    if candidate.why and candidate.why.parameters:
        yield f"{anchor}-parameters"
    if candidate.why and candidate.why.classes:
        yield f"{anchor}-classes"
    if candidate.why and candidate.why.flips:
        yield f"{anchor}-confusions"


def _fragment(pointer: str, present: set[str]) -> str:
    for pattern, anchor in _ANCHOR_OF_POINTER:
        found = re.match(rf"{pattern}(?:/|$)", pointer)
        if found:
            name = anchor.format(*(int(group) + 1 for group in found.groups()))
            if name in present:
                return name
    return ""
