"""Registered models for a terminal: a list of them, and the layers of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from api_schemas.models.model import Model, ModelFacts, ModelList
from augury.cli.render.tables import plain_table
from augury.wording import source_of

_MAX_ROWS = 60


def render_models(models: ModelList) -> RenderableType:
    """One line per model, newest first."""
    if not models.items:
        return Text("No models.")
    table = plain_table()
    for heading in ("model", "state", "input", "output", "weights", "reference"):
        table.add_column(heading, overflow="fold")
    table.columns[0].no_wrap = True
    for model in models.items:
        facts = model.facts
        measured = ("-", "-", "-")
        if facts is not None:
            measured = (_shape(facts.input_shape), _output(facts), f"{facts.parameters:,}")
        table.add_row(model.id, model.state, *measured, Text(source_of(model.reference)))
    more = [Text("There are more; raise --limit to see them.")] if models.next_cursor else []
    return Group(table, *more)


def render_model(model: Model) -> RenderableType:
    """Everything that is known about a model."""
    parts: list[RenderableType] = [Text(f"{model.id}  {model.state}  {source_of(model.reference)}")]
    if model.error is not None:
        parts.append(Text(reason(model)))
    if model.facts is not None:
        parts += _facts(model.facts)
    return Group(*parts)


def reason(model: Model) -> str:
    """Why a model failed, with the rule that the guide explains."""
    assert model.error is not None
    return f"{model.error.message} ({model.error.rule or model.error.failure_class})"


def _facts(facts: ModelFacts) -> Iterator[RenderableType]:
    yield Text(
        f"takes images of {_shape(facts.input_shape)}, gives {_output(facts)}; {facts.parameters:,} weights, "
        f"{facts.trainable_parameters:,} of them trainable when it was saved"
    )
    yield Text()
    yield _layers(facts)
    if len(facts.layers) > _MAX_ROWS:
        yield Text(f"These are the last {_MAX_ROWS} of {len(facts.layers)} layers; --json shows all.")


def _layers(facts: ModelFacts) -> Table:
    table = plain_table()
    for heading in ("layer", "kind", "output"):
        table.add_column(heading, overflow="fold")
    table.add_column("weights", justify="right")
    table.add_column("trainable")
    for layer in facts.layers[-_MAX_ROWS:]:
        trainable = "" if not layer.parameters else "yes" if layer.is_trainable else "no"
        weights = f"{layer.parameters:,}" if layer.parameters else "-"
        table.add_row(Text(layer.name), layer.kind, _shape(layer.output_shape), weights, trainable)
    return table


def _output(facts: ModelFacts) -> str:
    return _shape(facts.output_shape) if facts.classes is None else f"{facts.classes} classes"


def _shape(shape: Sequence[int | None]) -> str:
    return "×".join("?" if side is None else str(side) for side in shape) or "-"
