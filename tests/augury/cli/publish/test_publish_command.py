"""`augury publish`, as far as it goes without MLflow."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from augury.cli.app import app
from tests.augury.reporting import samples
from tests.augury.stand_in import Answer, StandIn
from tests.augury.wire import job


def _said(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["publish", *map(str, arguments)], env={"COLUMNS": "300"})
    return done.exit_code, done.output


def test_a_report_in_a_file_goes_onto_a_card_without_a_service(tmp_path: Path) -> None:
    """As `augury run --output` wrote it."""
    report, card = tmp_path / "report.json", tmp_path / "README.md"
    report.write_text(samples.full().model_dump_json(by_alias=True))
    code, said = _said(report, "--to", "card", "--file", card, "--section", "small-cnn")
    assert (code, "“small-cnn” is written" in said) == (0, True), said
    assert "▲ helps" in card.read_text()
    assert "as it was" in _said(report, "--to", "card", "--file", card, "--section", "small-cnn")[1]


def test_what_is_no_report_is_refused(tmp_path: Path) -> None:
    """And the card is left alone."""
    (tmp_path / "request.json").write_text('{"kind": "comparison"}')
    code, said = _said(tmp_path / "request.json", "--to", "card", "--file", tmp_path / "README.md")
    assert (code, "is not a report" in said) == (2, True), said
    assert not (tmp_path / "README.md").exists()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--to", "card"], "--file README.md"),
        (["--to", "card", "--file", "README.md", "--experiment", "x"], "--experiment is not for --to card"),
        (["--to", "mlflow", "--file", "README.md"], "--file is not for --to mlflow"),
        (["--to", "paper"], "paper"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_options_that_do_not_fit_are_refused(options: list[str], why: str) -> None:
    """Before anybody is asked for anything."""
    code, said = _said("job_1", *options)
    assert (code, why in said) == (2, True), said


def test_a_job_that_goes_on_has_nothing_to_publish_yet(service: StandIn, tmp_path: Path) -> None:
    """And it is said how to wait for it."""
    service.will(Answer(200, job()))
    code, said = _said("job_1", "--to", "card", "--file", tmp_path / "README.md", "--url", service.url)
    assert (code, "once it is over" in said, "augury watch" in said) == (2, True, True), said
