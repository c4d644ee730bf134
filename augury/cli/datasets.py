"""`augury datasets`: send images to the service, and look at what became of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from api_schemas.datasets.dataset import Dataset, DatasetState
from augury.cli.checking.exit_codes import ExitCode
from augury.cli.follow import err, out, say
from augury.cli.guidance import completion
from augury.cli.options import ImageSize, Url, image_size_of
from augury.cli.render.datasets import reason, render_dataset, render_datasets, step
from augury.client.client import Client
from augury.client.packing import Parcel
from augury.client.references import SYNTAX, reference_of
from augury.files import write_atomically
from augury.wording import source_of

DatasetId = Annotated[
    str,
    typer.Argument(
        metavar="DATASET_ID", help="As printed by `augury datasets`.", autocompletion=completion.dataset_ids
    ),
]
Background = Annotated[
    str | None,
    typer.Option(
        metavar="COLOUR",
        help="What transparent images are laid on: white, black, or RED,GREEN,BLUE from 0 to 255. Default: white.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]


def _column(what: str) -> Any:
    return typer.Option(help=f"Name of the manifest's column, or the npz's array, with the {what}.", show_default=False)


def add(
    source: Annotated[
        str,
        typer.Argument(
            help=f"A local file or folder, which is uploaded; or {SYNTAX}.", autocompletion=completion.datasets
        ),
    ],
    image_size: ImageSize = None,
    color_mode: Annotated[str | None, typer.Option(help="grayscale, rgb or rgba. Default: as fits.")] = None,
    resize: Annotated[str | None, typer.Option(help="stretch (the default) or crop.")] = None,
    background: Background = None,
    file_column: Annotated[str | None, _column("file names, or the images")] = None,
    label_column: Annotated[str | None, _column("labels")] = None,
    split_column: Annotated[str | None, _column("splits")] = None,
    group_column: Annotated[str | None, _column("groups")] = None,
    directory: Annotated[
        str | None, typer.Option(help="The folder of the files that a manifest names.", show_default=False)
    ] = None,
    extension: Annotated[
        str | None, typer.Option(help="What those names lack at their end: .jpg", show_default=False)
    ] = None,
    layout: Annotated[
        str | None, typer.Option(help="What the top folders are: classes, splits or pooled. Default: told by content.")
    ] = None,
    wait: Annotated[bool, typer.Option(help="Wait until the images are read, and show what they are.")] = True,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Register a dataset: upload a file or folder, or name one that the service can reach."""
    named = {"file": file_column, "label": label_column, "split": split_column, "group": group_column}
    named |= {"directory": directory, "extension": extension}
    columns = {role: column for role, column in named.items() if column is not None}
    size, behind = image_size_of(image_size), _background_of(background)
    what = _reference(source)
    with Client(url) as client:
        with sending() as (on_parcel, on_progress):
            dataset = client.add_dataset(
                what, image_size=size, color_mode=color_mode, resize=resize, background=behind,
                columns=columns or None, layout=layout, on_parcel=on_parcel, on_progress=on_progress,
            )  # fmt: skip
        if wait:
            dataset = waited_for(client, dataset)
    if as_json:
        typer.echo(dataset.model_dump_json(indent=2, by_alias=True))
    elif wait and dataset.error is None:
        out().print(render_dataset(dataset))
    else:
        typer.echo(dataset.id)
    if dataset.state is DatasetState.FAILED:
        say(f"{dataset.id} failed: {reason(dataset)}")
        raise typer.Exit(ExitCode.FAILED)


def list_(
    state: Annotated[str | None, typer.Option(help="Only datasets in this state, e.g. ready.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only of this kind of reference, e.g. upload.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many to show.")] = 20,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """List datasets, newest first."""
    with Client(url) as client:
        found = client.datasets(state=state, kind=kind, limit=limit)
    if as_json:
        typer.echo(found.model_dump_json(indent=2, by_alias=True))
    else:
        out().print(render_datasets(found))


def show(dataset_id: DatasetId, as_json: AsJson = False, url: Url = None) -> None:
    """Show what is known about a dataset: classes, sizes, values, warnings."""
    with Client(url) as client:
        dataset = client.dataset(dataset_id)
    if as_json:
        typer.echo(dataset.model_dump_json(indent=2, by_alias=True))
    else:
        out().print(render_dataset(dataset))


def images(
    dataset_id: DatasetId,
    output: Annotated[Path, typer.Option(help="Where to put the PNG.")] = Path("images.png"),
    class_name: Annotated[str | None, typer.Option("--class", help="Only images of this class.")] = None,
    count: Annotated[int | None, typer.Option(min=1, max=256, help="Images on the page.")] = None,
    page: Annotated[int | None, typer.Option(min=0, help="Which page; 0 is the first.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed gives another order.")] = None,
    url: Url = None,
) -> None:
    """Write a page of a dataset's images to a PNG, with their classes below them."""
    if output.is_dir():
        raise typer.BadParameter(f"--output: {output} is a folder")
    with Client(url) as client:
        sheet = client.dataset_images(dataset_id, class_name=class_name, count=count, page=page, seed=seed)
    write_atomically(output, sheet)
    typer.echo(output)


def delete(dataset_id: DatasetId, url: Url = None) -> None:
    """Give a dataset up; its files are removed a little later."""
    with Client(url) as client:
        client.delete_dataset(dataset_id)
    typer.echo(f"{dataset_id}: deleted")


COMMANDS: dict[str, Callable[..., None]] = {
    "add": add, "list": list_, "show": show, "images": images, "delete": delete,
}  # fmt: skip


def _background_of(text: str | None) -> str | list[int] | None:
    """A colour by its name, or by three numbers."""
    levels = [] if text is None else text.split(",")
    return [int(level) for level in levels] if len(levels) > 1 and all(map(str.isdecimal, levels)) else text


def _reference(source: str) -> Any:
    try:
        return reference_of(source) or Path(source)
    except json.JSONDecodeError as error:
        raise typer.BadParameter(f"{source}: {error}") from error


@contextmanager
def sending() -> Iterator[tuple[Callable[[Parcel], None], Callable[[int, int], None]]]:
    """A bar for the bytes that are sent, on a terminal; what is left out is said anywhere."""
    console = err()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, disable=not console.is_interactive, transient=True) as progress:

        def on_parcel(parcel: Parcel) -> None:
            if parcel.left_out:
                say(f"Not sent: {parcel.left_out} links and hidden files.")
            progress.add_task(f"uploading {parcel.name}", total=None)

        def on_progress(sent: int, total: int) -> None:
            progress.update(progress.task_ids[-1], completed=sent, total=total)

        yield on_parcel, on_progress


def waited_for(client: Client, dataset: Dataset, *, goes_on: bool = True) -> Dataset:
    """The dataset as it is in the end; each step of its ingestion is said.

    Raises:
        KeyboardInterrupt: somebody no longer waits; where to look again is said if the service *goes_on*.
    """
    if dataset.is_terminal:
        return dataset
    say(f"{dataset.id} is {dataset.state} at {client.url}: {source_of(dataset.reference)}")
    try:
        return client.wait_for_dataset(dataset.id, _Steps().tell)
    except KeyboardInterrupt:
        if goes_on:
            say(f"No longer waiting; look again with `augury datasets show {dataset.id}`.")
        raise


class _Steps:
    """Says each step of an ingestion once."""

    def __init__(self) -> None:
        self._last = ""

    def tell(self, dataset: Dataset) -> None:
        now = str(dataset.progress.get("step", dataset.state))
        if now != self._last:
            self._last = now
            say(step(dataset) if not dataset.is_terminal else str(dataset.state))
