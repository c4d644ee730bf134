"""A report in GitHub-flavoured Markdown: the page's sentences and tables, without its pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.reports.evidence import Why
from api_schemas.reports.report import CandidateReport, RecommendationReport, Report
from augury.reporting import formatting, tables
from augury.reporting.contents import causes_of, method_sentences, notices
from augury.reporting.html import dataset_lines
from augury.reporting.markup import escaped, table_blocks
from augury.reporting.measures import measures
from augury.reporting.sections import sections_of


def render_markdown(report: Report) -> str:
    """The whole report; whatever came from outside is escaped, so that it is text and nothing else."""
    return "\n\n".join(_blocks(report)) + "\n"


def _blocks(report: Report) -> Iterator[str]:
    yield f"# {'Does this augmentation help?' if report.candidates else 'How accurate is this model?'}"
    yield f"{escaped(formatting.dataset_name(report))}, {formatting.date(report)}"
    yield from (f"> **Note:** {escaped(notice)}" for notice in notices(report))
    yield from table_blocks(tables.failures(report))
    summary = report.sentences()
    if summary:
        yield "## Verdicts" if report.candidates else "## Summary"
    if report.candidates:
        yield from table_blocks(tables.verdicts(report))
    if summary:
        yield _list([escaped(cause.text) for cause in summary])
    if report.candidates:
        yield "## Candidates"
    for number, candidate in enumerate(report.candidates):
        yield from _candidate(report, candidate, number)
    if report.recommendation:
        yield from _recommendation(report.recommendation)
    for section in sections_of(report):
        yield f"## {section.heading}"
        yield from map(escaped, section.sentences)
        for table in section.tables:
            yield from table_blocks(table)
    yield "## Arms"
    yield from table_blocks(tables.arms(report))
    yield "## Method"
    yield escaped(" ".join(method_sentences(report)))
    yield from table_blocks(tables.looks(report.method.looks))
    yield "## Cost"
    yield from table_blocks(tables.cost(report))
    yield "## Provenance"
    yield _named(dataset_lines(report))


def _candidate(report: Report, candidate: CandidateReport, number: int) -> Iterator[str]:
    badge = formatting.BADGES[candidate.verdict]
    yield f"### {escaped(formatting.plain(candidate.name))} ({badge.sign} {badge.word})"
    yield escaped(candidate.sentence)
    if candidate.needed:
        yield escaped(candidate.needed.sentence)
    yield _named(measures(candidate))
    causes = [escaped(cause.text) for cause in causes_of(candidate)]
    if causes:
        yield "#### Why"
        yield _list(causes)
    if candidate.findings:
        yield "#### What the linter says about the spec"
        yield "\n".join(
            f"- **{finding.severity}** {escaped(finding.rule)}: {escaped(finding.message)} {escaped(finding.remedy)}"
            for finding in candidate.findings
        )
    if candidate.why:
        yield from _evidence(candidate.why, number)
    spec = next((arm.spec for arm in report.arms if arm.name == candidate.arm), None)
    if spec is not None:
        yield from _spec(spec)


def _evidence(why: Why, number: int) -> Iterator[str]:
    yield from table_blocks(tables.parameters(why))
    yield from table_blocks(tables.classes(why, f"/candidates/{number}/why/classes"))
    yield from table_blocks(tables.flips(why))


def _recommendation(advice: RecommendationReport) -> Iterator[str]:
    badge = (
        f" ({formatting.BADGES[advice.verdict].sign} {formatting.BADGES[advice.verdict].word})"
        if advice.verdict
        else ""
    )
    yield f"## Recommendation{badge}"
    yield escaped(advice.recommended.sentence)
    yield escaped(advice.sentence)
    measured = []
    if advice.against_baseline is not None:
        measured.append(("Against the baseline", formatting.difference_in_full(advice.against_baseline)))
    if advice.best_candidate and advice.against_best is not None:
        best = f"Against {formatting.plain(advice.best_candidate)}, the best candidate"
        measured.append((best, formatting.difference_in_full(advice.against_best)))
    if measured:
        yield _named(measured)
    yield from table_blocks(tables.changes(advice))
    yield from _spec(advice.recommended.spec)


def _list(sentences: Sequence[str]) -> str:
    return "\n".join(f"{number}. {sentence}" for number, sentence in enumerate(sentences, 1))


def _named(lines: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"- {escaped(name)}: {escaped(text)}" for name, text in lines)


def _spec(spec: ImageDataGeneratorSpec) -> Iterator[str]:
    # Between the braces of JSON there is no line of backticks: the strings of a spec are names from fixed lists.
    yield f"```json\n{formatting.spec_json(spec)}\n```"
