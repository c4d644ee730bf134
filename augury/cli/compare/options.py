"""What `augury compare` takes beside the flags that are candidates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from augury.cli.guidance import completion

DatasetText = Annotated[
    str,
    typer.Argument(
        metavar="DATASET",
        help="A folder with a folder of images for each class, an archive or another file of images, which is sent "
        "to the service; digits, for a first try; a dataset's id; or any reference.",
        autocompletion=completion.datasets,
    ),
]
NamedCandidates = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=SPEC",
        help="One more candidate, by a file of JSON or by JSON itself: mild='{\"zoom_range\": 0.2}'. May be given "
        "several times.",
        show_default=False,
    ),
]
Together = Annotated[
    bool, typer.Option("--together", help="One more candidate, which does what all the flags say at once.")
]
ModelText = Annotated[
    str | None,
    typer.Option(
        help="A name such as resnet8, a model's id, or a file of JSON. Default: small_cnn.",
        autocompletion=completion.models,
    ),
]
Metric = Annotated[
    str | None,
    typer.Option(
        help="What decides, e.g. balanced_accuracy or recall:CLASS. Default: accuracy.",
        autocompletion=completion.metrics,
    ),
]
Epochs = Annotated[
    str | None, typer.Option(help="A number, auto, or by_size (the default): as many as data of that size need.")
]
Seeds = Annotated[
    str | None,
    typer.Option(help="How often each is trained: 5, or 5-10 (the default): more for what is undecided."),
]
BaselineSpec = Annotated[
    str | None,
    typer.Option(
        metavar="SPEC",
        help="The preprocessing that candidates are measured against. Default: values brought to 0-1.",
        show_default=False,
    ),
]
Recommend = Annotated[
    bool, typer.Option(help="Make a better spec from the evidence, and put it to the test on images kept for this.")
]
PlanOnly = Annotated[bool, typer.Option("--plan", help="Say what would be trained and how long it takes, and stop.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the report, or the plan, as JSON, and nothing else, on stdout.")
]
OutFolder = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FOLDER",
        file_okay=False,
        help="Put the report there as report.html, report.md and report.json, and the request as request.json.",
        show_default=False,
    ),
]
Local = Annotated[bool, typer.Option("--local", help="Start a service for this run only, whatever runs already.")]
DataDir = Annotated[
    Path | None,
    typer.Option(help="Where a service that is started for this run keeps everything. Default: .augury."),
]
