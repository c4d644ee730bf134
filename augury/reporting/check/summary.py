"""A check as Markdown that fits the summary of a run and a comment of a pull request."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from api_schemas.reports.report import Report
from augury.reporting import formatting, tables
from augury.reporting.check.check import Check, Outcome
from augury.reporting.contents import method_sentences, notices, trained_trials
from augury.reporting.markup import escaped, table_blocks
from augury.wording import count, joined, listed, shortened

MARK = "<!-- augury-check -->"
"""The first line, by which a comment of an earlier run is found again, to be replaced."""

MAX_LENGTH = 60_000
"""Characters; a comment of GitHub holds 65,536."""

_MAX_REASON_LENGTH = 600
_MAX_NAMED = 5
_MAX_REASONS = 10
_SAFE_IN_LINKS = "%/:?#[]@!$&'()*+,;=~"


def render_summary(check: Check) -> str:
    """What came out, why, how each candidate did, what to use instead, and how it was measured.

    Whatever came from outside is escaped, so that it is text and nothing else.
    """
    return "\n\n".join(_blocks(check)) + "\n"


def _blocks(check: Check) -> Iterator[str]:
    report = check.report
    yield MARK
    yield f"## Augury: {_HEADLINES[check.outcome]}"
    if check.problem:
        yield f"> **The job did not succeed:** {_cut(check.problem)}"
    if report is not None:
        yield from (f"> **Note:** {_cut(notice)}" for notice in notices(report))
    if check.failing:
        yield _reasons(check)
    elif not check.problem:
        yield _what_would_fail(check)
    if report is not None:
        yield from _verdicts(check, report)
        yield from _recommendation(report)
    if check.link:
        yield f"[The job's page, with pictures and reasons](<{quote(check.link, safe=_SAFE_IN_LINKS)}>)"
    if report is not None:
        yield _method(report)


_HEADLINES = {
    Outcome.FAILED: "the comparison did not succeed",
    Outcome.HURTS: "an augmentation hurts",
    Outcome.UNDECIDED: "an augmentation is undecided",
    Outcome.FINE: "nothing fails this check",
}


def _reasons(check: Check) -> str:
    """What fails the check, a line for each candidate."""
    lines = [f"- {_cut(candidate.sentence)}" for candidate in check.failing[:_MAX_REASONS]]
    if len(check.failing) > _MAX_REASONS:
        lines.append(f"- {len(check.failing) - _MAX_REASONS} more, in the table.")
    named = listed([escaped(formatting.plain(each.name)) for each in check.failing], _MAX_NAMED)
    return "\n".join([f"**The check fails because of {named}** (`--fail-on {check.fail_on.value}`):", "", *lines])


def _what_would_fail(check: Check) -> str:
    found = {formatting.BADGES[each.verdict].word for each in check.candidates}
    verdicts = f" Verdicts: {joined(sorted(found))}." if found else ""
    return f"No candidate fails it under `--fail-on {check.fail_on.value}`.{verdicts}"


def _verdicts(check: Check, report: Report) -> Iterator[str]:
    """The report's table of verdicts, in which candidates that fail the check are marked."""
    table = tables.verdicts(report)
    marks = ["fails the check" if check.fails(candidate) else "" for candidate in report.candidates]
    if any(marks):
        rows = [(*row, mark) for row, mark in zip(table.rows, marks, strict=True)]
        table = tables.Table(table.caption, (*table.headings, "Check"), rows, table.numeric, table.note)
    yield from table_blocks(table)


def _recommendation(report: Report) -> Iterator[str]:
    advice = report.recommendation
    if advice is None:
        return
    yield f"**Recommended:** {_cut(advice.recommended.sentence)} {_cut(advice.sentence)}"
    # Between the braces of JSON there is no line of backticks: the strings of a spec are names from fixed lists.
    yield _folded("The recommended spec", f"```json\n{formatting.spec_json(advice.recommended.spec)}\n```")


def _method(report: Report) -> str:
    cost = report.cost
    trained = f"{trained_trials(cost)} trained in {formatting.seconds(cost.training_seconds)}"
    spent = (
        f"{count(cost.trials, 'trial')}: {trained}, {cost.trials_reused} reused, {cost.trials_failed} without a result."
    )
    made = f"{formatting.dataset_name(report)}, {formatting.date(report)}, job {report.job_id}."
    sentences = [*method_sentences(report), spent, made]
    return _folded("How it was measured", " ".join(map(escaped, sentences)))


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{content}\n\n</details>"


def _cut(text: str) -> str:
    return escaped(shortened(text, _MAX_REASON_LENGTH))
