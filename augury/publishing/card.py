"""A report as a section of a dataset's or a model's card: a ``README.md`` as the Hugging Face Hub shows it.

The section stands between two comments, and is all of the file that is ever changed: the metadata at its top and
whatever people wrote around it stay as they are, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from api_schemas.reports.report import Report
from augury.errors import NothingToPublish
from augury.files import write_atomically
from augury.reporting import formatting, tables
from augury.reporting.contents import method_sentences, notices
from augury.reporting.markup import escaped, named, numbered, table_blocks
from augury.wording import count

DEFAULT_SECTION = "evidence"
MAX_SENTENCES = 12
"""Of the report's own; a card is an overview, and says where the rest is."""
_SECTION = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_SCOPE = (
    "What is said here holds for this dataset, this network and this training: more images, another network or "
    "another length of training can turn it round."
)
_NOT_EXCLUDED = "An inconclusive candidate is not one without an effect: it may have any that its interval covers."


def card_section(report: Report, section: str = DEFAULT_SECTION) -> str:
    """The section in Markdown, with the comments that it is found by; names from outside are text and nothing else.

    Args:
        report: of a comparison or a training.
        section: its name, which tells it from others of the card: lower-case letters, digits and dashes, at most 40.

    Raises:
        NothingToPublish: the name is none.
    """
    begin, end = _marks(section)
    return "\n\n".join([begin, *_blocks(report), end])


def put_into_card(content: str, report: Report, section: str = DEFAULT_SECTION) -> str:
    """A card with the section in it: in the place of the one of that name, or else at its end.

    Args:
        content: the whole card, which may be empty, with line ends of either kind.
        report: what the section is about.
        section: its name.

    Raises:
        NothingToPublish: the name is none, or the card's comments do not say where the section begins and ends.
    """
    newline = "\r\n" if "\r\n" in content else "\n"
    written = card_section(report, section).replace("\n", newline)
    begin, end = _marks(section)
    begins, ends = content.count(begin), content.count(end)
    if (begins, ends) == (0, 0):
        kept = content.rstrip("\r\n")
        return f"{kept}{newline * 2 if kept else ''}{written}{newline}"
    start, stop = content.find(begin), content.find(end)
    if (begins, ends) != (1, 1) or stop < start:
        raise NothingToPublish(
            f"the card has {count(begins, 'comment')} {begin} and {count(ends, 'comment')} {end}, so that nobody can "
            f"say what lies between them; leave one of each, in this order, or none"
        )
    return content[:start] + written + content[stop + len(end) :]


def write_card(file: Path, report: Report, section: str = DEFAULT_SECTION) -> bool:
    """Put the section into the card in a *file*, which is made where there is none; whether that changed anything.

    Raises:
        NothingToPublish: as of `put_into_card`, or the file is not text in UTF-8.
        OSError: it cannot be read or written.
    """
    target = file.resolve()  # a link stays one
    try:
        before = target.read_bytes().decode() if target.exists() else ""
    except UnicodeDecodeError as error:
        raise NothingToPublish(f"{file} is not a card: {error}") from error
    after = put_into_card(before, report, section)
    if after == before:
        return False
    write_atomically(target, after)
    return True


def _marks(section: str) -> tuple[str, str]:
    if not _SECTION.fullmatch(section):
        raise NothingToPublish(
            f"a section is named by 1 to 40 lower-case letters, digits and dashes, such as {DEFAULT_SECTION}; got "
            f"{section}"
        )
    return f"<!-- augury {section} begin -->", f"<!-- augury {section} end -->"


def _blocks(report: Report) -> Iterator[str]:
    if report.candidates:
        yield "## Augmentation: what helps and what hurts"
        yield from table_blocks(tables.verdicts(report))
    else:
        yield "## How accurate a model is"
        yield from table_blocks(tables.arms(report))
    sentences = [escaped(cause.text) for cause in report.sentences()[:MAX_SENTENCES]]
    if sentences:
        yield numbered(sentences)
    yield from _advice(report)
    yield "### How this was measured"
    yield escaped(" ".join(method_sentences(report)))
    yield named(_measured_on(report))
    yield "### Limits"
    yield "\n".join(f"- {escaped(limit)}" for limit in _limits(report))


def _advice(report: Report) -> Iterator[str]:
    if report.recommendation is None:
        return
    advice = report.recommendation
    yield "### Recommended"
    yield escaped(f"{advice.recommended.sentence} {advice.sentence}")
    # Between the braces of JSON there is no line of backticks: the strings of a spec are names from fixed lists.
    yield f"```json\n{formatting.spec_json(advice.recommended.spec)}\n```"


def _measured_on(report: Report) -> list[tuple[str, str]]:
    facts = report.provenance.dataset
    seeds = max((len(arm.per_seed) for arm in report.arms), default=0)
    return [
        ("Dataset", f"{formatting.dataset_name(report)}, {count(facts.images, 'image')}, SHA-256 of its content "
                    f"{report.provenance.dataset_digest}"),
        ("Trained", f"{count(report.cost.trials, 'trial')}, each arm on up to {count(seeds, 'seed')}"),
        ("Reported", f"{formatting.date(report)}, by Augury {report.provenance.versions.get('augury', '')}".rstrip()
                     + f", job {report.job_id}"),
    ]  # fmt: skip


def _limits(report: Report) -> list[str]:
    undecided = any(each.verdict == "inconclusive" for each in report.candidates)
    return [*notices(report), _SCOPE, *([_NOT_EXCLUDED] if undecided else [])]
