"""What `augury compare` and `augury run` take to be a check, and what that makes them leave behind."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from augury.cli.options import check_output
from augury.files import write_atomically
from augury.reporting.check.check import Check, FailOn
from augury.reporting.check.junit import render_junit
from augury.reporting.check.summary import render_summary

STDOUT = "-"

FailOnOption = Annotated[
    FailOn,
    typer.Option(
        "--fail-on",
        help="Exit with 3 where a candidate hurts; inconclusive: also with 4 where one is undecided; none: with 0 "
        "whatever the verdicts. By the metric that decides.",
    ),
]
JunitFile = Annotated[
    Path | None,
    typer.Option(
        "--junit", metavar="PATH", help="Write the verdicts as JUnit XML, a test case for each.", show_default=False
    ),
]
MarkdownFile = Annotated[
    str | None,
    typer.Option(
        "--markdown",
        metavar="PATH",
        help="Write a summary in Markdown, e.g. for a pull request; - prints it, and nothing else, on stdout.",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class Checked:
    """A check that was asked for.

    Attributes:
        fail_on: what fails it.
        junit: the file that gets it as JUnit XML.
        markdown: the file that gets a summary, or - for stdout.
    """

    fail_on: FailOn = FailOn.NONE
    junit: Path | None = None
    markdown: str | None = None

    @property
    def is_on_stdout(self) -> bool:
        """Whether stdout is for the summary alone."""
        return self.markdown == STDOUT

    def require_possible(self, *, as_json: bool, no_verdicts: str = "") -> None:
        """Refuse what cannot work before hours are spent on it, and make the folders of the files.

        Args:
            as_json: whether stdout is for the report as JSON.
            no_verdicts: why this command will not see any; empty where it will.

        Raises:
            typer.BadParameter: there is nothing to check, or two things want stdout.
        """
        if no_verdicts and self != Checked():
            raise typer.BadParameter(f"--fail-on, --junit and --markdown are about verdicts: {no_verdicts}")
        if self.is_on_stdout and as_json:
            raise typer.BadParameter("--json and --markdown - both want stdout; give one of them a file")
        check_output("--junit", self.junit)
        if self.markdown is not None and not self.is_on_stdout:
            check_output("--markdown", Path(self.markdown))

    def write(self, check: Check) -> None:
        """Leave behind what was asked for, also of a job that failed."""
        if self.junit is not None:
            write_atomically(self.junit, render_junit(check))
        if self.markdown is None:
            return
        summary = render_summary(check)
        if self.is_on_stdout:
            sys.stdout.write(summary)
            sys.stdout.flush()
        else:
            write_atomically(Path(self.markdown), summary)
