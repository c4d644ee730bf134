"""The images of a comparison: had read by the service, wherever they are, and shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from api_schemas.datasets.dataset import Dataset, DatasetState
from augury.cli.datasets import sending, waited_for
from augury.cli.render.datasets import reason
from augury.cli.running.place import Place
from augury.client.references import BUILTIN, SYNTAX, reference_of
from augury.errors import DatasetRefused

Source = dict[str, Any] | Path


def source_of(text: str) -> Source:
    """What is meant by *text*: a set that comes with Augury, a file or folder of this machine, or a reference.

    Raises:
        typer.BadParameter: none of them.
    """
    if text in BUILTIN:
        return {"kind": "builtin", "name": text}
    path = Path(text).expanduser()
    if path.exists():
        return path
    try:
        reference = reference_of(text)
    except ValueError as error:
        raise typer.BadParameter(f"DATASET: {error}") from error
    if reference is None:
        raise typer.BadParameter(
            f"DATASET: there is no file or folder {text} here. Give one that has a folder for each class, one of "
            f"{', '.join(BUILTIN)}, or {SYNTAX}"
        )
    return reference


def read_dataset(place: Place, source: Source, size: tuple[int, int] | None) -> Dataset:
    """Have the images read, which the service does once for the same images.

    Raises:
        DatasetRefused: they cannot be used; the text says why, and what to do.
        typer.BadParameter: a size is asked for of a dataset that has its own.
    """
    client = place.client
    if isinstance(source, dict) and source["kind"] == "dataset":
        if size is not None:
            raise typer.BadParameter("--image-size: a dataset that is there already has its size; give its source anew")
        dataset = client.dataset(source["id"])
    else:
        with sending() as (on_parcel, on_progress):
            dataset = client.add_dataset(source, image_size=size, on_parcel=on_parcel, on_progress=on_progress)
    dataset = waited_for(client, dataset, goes_on=place.data_dir is None)
    if dataset.state is DatasetState.FAILED:
        raise DatasetRefused(f"the images cannot be used: {reason(dataset)}")
    return dataset
