"""What a report says in words: the verdicts, the reasons, the linter's findings, and what to use instead."""

from __future__ import annotations

import json

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from api_schemas.reports.evidence import Cause
from api_schemas.reports.report import CandidateReport, Difference, RecommendationReport, Report, Verdict
from augury.reporting.contents import causes_of, caveats
from augury.wording import signed

MAX_FINDINGS = 6
VERDICT_STYLES = {
    Verdict.HELPS: "green",
    Verdict.HURTS: "red",
    Verdict.EQUIVALENT: "cyan",
    Verdict.INCONCLUSIVE: "yellow",
}


def explanation(report: Report) -> list[RenderableType]:
    """The report in sentences: what is missing from it, the summary, and why each candidate does what it does."""
    before = [Text("The job was stopped early; this covers what was done by then.")] if report.stopped else []
    before += [Text(f"Note: {caveat}") for caveat in caveats(report)]
    reasons = [line for candidate in report.candidates for line in _reasons(candidate)]
    return [*before, *(_sentence(cause, report) for cause in report.sentences()), *reasons]


def _sentence(cause: Cause, report: Report) -> Text:
    sentence = Text(cause.text)
    if cause.kind == "verdict":
        for verdict in {candidate.verdict for candidate in report.candidates}:
            sentence.highlight_words([verdict], VERDICT_STYLES[verdict])
    return sentence


def _reasons(candidate: CandidateReport) -> list[RenderableType]:
    causes = [cause.text for cause in causes_of(candidate)]
    if candidate.needed:
        causes.append(candidate.needed.sentence)
    return [Text(), Text(f"Why {candidate.name} {_DOES[candidate.verdict]}:"), *_items(causes)] if causes else []


_DOES = {
    Verdict.HELPS: "helps",
    Verdict.HURTS: "hurts",
    Verdict.EQUIVALENT: "makes no difference",
    Verdict.INCONCLUSIVE: "is undecided",
}


def linted(report: Report) -> list[RenderableType]:
    """What the linter says about each candidate, gravest first, and how much more there is."""
    lines: list[RenderableType] = []
    for candidate in report.candidates:
        shown = candidate.findings[:MAX_FINDINGS]
        said = [f"{found.severity} {found.rule}: {found.message} {found.remedy}" for found in shown]
        left_out = len(candidate.findings) - len(shown)
        if left_out:
            said.append(f"{left_out} more; see `augury lint` or the JSON report.")
        if said:
            lines += [Text(f"The linter on {candidate.name}:"), *_items(said), Text()]
    return lines


def recommended(report: Report) -> list[RenderableType]:
    """What to use instead, what was changed for it, and how it did on fresh seeds."""
    advice = report.recommendation
    if advice is None:
        return []
    spec = advice.recommended.spec.model_dump(mode="json", exclude_defaults=True)
    changes = [
        f"{change.parameter}: {json.dumps(change.before)} becomes {json.dumps(change.after)}; {change.reason}"
        for change in advice.recommended.changes
    ]
    heading = f"Recommended: {advice.recommended.sentence} {advice.sentence}"
    return [Text(heading), *_items([*changes, *_measured(advice)]), Text(f"  {json.dumps(spec)}"), Text()]


def _measured(advice: RecommendationReport) -> list[str]:
    lines = []
    if advice.against_baseline is not None:
        lines.append(f"against the baseline: {with_interval(advice.against_baseline)} points")
    if advice.against_best is not None:
        lines.append(f"against {advice.best_candidate}: {with_interval(advice.against_best)} points")
    return lines


def with_interval(difference: Difference | None, is_wide: bool = True) -> str:
    """A difference in points and its interval, on one line or on two; a dash where there is none."""
    if difference is None:
        return "-"
    between = " " if is_wide else "\n"
    return f"{signed(difference.mean)}{between}[{signed(difference.low)}, {signed(difference.high)}]"


def _items(lines: list[str]) -> list[RenderableType]:
    return [Padding(Text(f"- {line}"), (0, 0, 0, 2)) for line in lines]
