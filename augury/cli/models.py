"""`augury models`: send models with their weights to the service, and look at what became of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from api_schemas.models.model import Model, ModelState
from augury.cli.checking.exit_codes import ExitCode
from augury.cli.follow import out, say
from augury.cli.guidance import completion
from augury.cli.options import Url, parse_object
from augury.cli.render.models import reason, render_model, render_models
from augury.client.client import Client
from augury.client.references import reference_of

ModelId = Annotated[
    str,
    typer.Argument(metavar="MODEL_ID", help="As printed by `augury models`.", autocompletion=completion.model_ids),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]


def add(
    source: Annotated[
        str,
        typer.Argument(
            help="A local .keras, .weights.h5 or .safetensors file, which is uploaded; or https:…, s3://bucket/key, "
            "gs://bucket/key, path:/on/the/server or JSON."
        ),
    ],
    architecture: Annotated[
        str | None,
        typer.Option(
            metavar="JSON",
            help='Of a file of weights alone, e.g. {"name": "small_cnn", "input_shape": [8, 8, 1], "classes": 10}.',
            show_default=False,
        ),
    ] = None,
    wait: Annotated[bool, typer.Option(help="Wait until the model is read, and show what it is.")] = True,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Register a model: upload a file, or name one that the service can reach."""
    network = None if architecture is None else parse_object(architecture, "--architecture")
    what = _reference(source)
    with Client(url) as client:
        model = client.add_model(what, architecture=network)
        if wait and not model.is_terminal:
            say(f"{model.id} is {model.state} at {client.url}")
            model = client.wait_for_model(model.id)
    if as_json:
        typer.echo(model.model_dump_json(indent=2, by_alias=True))
    elif wait and model.error is None:
        out().print(render_model(model))
    else:
        typer.echo(model.id)
    _end_if_failed(model)


def list_(
    state: Annotated[str | None, typer.Option(help="Only models in this state, e.g. ready.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many to show.")] = 20,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """List models, newest first."""
    with Client(url) as client:
        found = client.models(state=state, limit=limit)
    if as_json:
        typer.echo(found.model_dump_json(indent=2, by_alias=True))
    else:
        out().print(render_models(found))


def show(model_id: ModelId, as_json: AsJson = False, url: Url = None) -> None:
    """Show a model's layers, by whose names a new top is put on it and layers are frozen."""
    with Client(url) as client:
        model = client.model(model_id)
    if as_json:
        typer.echo(model.model_dump_json(indent=2, by_alias=True))
    else:
        out().print(render_model(model))


def delete(model_id: ModelId, url: Url = None) -> None:
    """Give a model up; its files are removed a little later."""
    with Client(url) as client:
        client.delete_model(model_id)
    typer.echo(f"{model_id}: deleted")


COMMANDS: dict[str, Callable[..., None]] = {"add": add, "list": list_, "show": show, "delete": delete}


def _reference(source: str) -> Any:
    try:
        return reference_of(source) or Path(source)
    except json.JSONDecodeError as error:
        raise typer.BadParameter(f"{source}: {error}") from error


def _end_if_failed(model: Model) -> None:
    if model.state is ModelState.FAILED:
        say(f"{model.id} failed: {reason(model)}")
        raise typer.Exit(ExitCode.FAILED)
