"""The ``publish`` command: what a job came to, as runs of MLflow or as a section of a card."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from api_schemas.reports.report import Report
from augury.cli.follow import say
from augury.cli.guidance import completion
from augury.cli.options import Url
from augury.errors import NothingToPublish
from augury.publishing.card import DEFAULT_SECTION, write_card
from augury.publishing.mlflow_client import URI_VARIABLE
from augury.publishing.mlflow_runs import DEFAULT_EXPERIMENT, Published
from augury.publishing.publish import publish_to_card, publish_to_mlflow
from augury.publishing.secrets import without_secrets
from augury.wording import count


class Target(StrEnum):
    """Where it can go."""

    MLFLOW = "mlflow"
    CARD = "card"


_TAKES = {Target.MLFLOW: ("--tracking-uri", "--experiment"), Target.CARD: ("--file", "--section")}


def publish(
    job: Annotated[
        str,
        typer.Argument(
            metavar="JOB_ID", help="Or, for a card, a report as `augury run --output` writes it: report.json.",
            autocompletion=completion.jobs,
        ),
    ],
    to: Annotated[Target, typer.Option(help="mlflow: runs on a tracking server. card: a section of a README.md.")],
    url: Url = None,
    tracking_uri: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help=f"Of MLflow. Default: {URI_VARIABLE}.", show_default=False),
    ] = None,
    experiment: Annotated[
        str | None,
        typer.Option(help=f"Of MLflow, by name; made if new. Default: {DEFAULT_EXPERIMENT}.", show_default=False),
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="The card of a dataset or a model. Only the section in it is changed.")
    ] = None,
    section: Annotated[
        str | None,
        typer.Option(help=f"Of the card; replaced where it is there. Default: {DEFAULT_SECTION}.", show_default=False),
    ] = None,
) -> None:  # fmt: skip
    """Take what a finished job came to to where you keep results.

    Saying it again changes nothing, unless the job was extended; what an interrupted attempt left out is added.
    """
    given = {"--tracking-uri": tracking_uri, "--experiment": experiment, "--file": file, "--section": section}
    for option, value in given.items():
        if value is not None and option not in _TAKES[to]:
            raise typer.BadParameter(f"{option} is not for --to {to.value}, which takes {' and '.join(_TAKES[to])}")
    if to is Target.MLFLOW:
        _say_published(
            publish_to_mlflow(job, url=url, tracking_uri=tracking_uri, experiment=experiment or DEFAULT_EXPERIMENT)
        )
        return
    if file is None:
        raise typer.BadParameter("--to card changes a file: say which by --file README.md")
    stored, name = Path(job), section or DEFAULT_SECTION
    if stored.suffix == ".json":
        is_new = write_card(file, without_secrets(_read_report(stored)), name)
    else:
        is_new = publish_to_card(job, file, url=url, section=name)
    say(f"The section “{name}” is {'written' if is_new else 'as it was'}.")
    typer.echo(file)


def _say_published(published: Published) -> None:
    if published.written:
        already = f", {published.left} were there already" if published.left else ""
        say(f"{count(published.written, 'run')} written{already}.")
    else:
        say(f"All {published.left} runs were there already.")
    if published.arms_left_out:
        say(f"{count(published.arms_left_out, 'more arm')} in report.json without a run of their own.")
    typer.echo(published.page or published.run_id)


def _read_report(file: Path) -> Report:
    try:
        return Report.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise NothingToPublish(f"{file} is not a report as `augury run --output` writes it") from error
