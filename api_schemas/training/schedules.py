"""How the learning rate goes on through a training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from api_schemas.base import RequestModel


class ConstantRate(RequestModel):
    """The learning rate stays what it is."""

    name: Literal["constant"] = "constant"


class CosineRate(RequestModel):
    """From the learning rate to zero along half a cosine, step by step (Loshchilov and Hutter 2017, one cycle)."""

    name: Literal["cosine"] = "cosine"
    warmup_epochs: int = Field(0, ge=0, le=1000, description="Epochs in which the rate first rises evenly from zero.")


class StepRate(RequestModel):
    """The rate is multiplied by a factor every so many epochs."""

    name: Literal["step"]
    every: int = Field(ge=1, le=1000, description="Epochs.")
    factor: float = Field(0.1, gt=0, lt=1)


class PlateauRate(RequestModel):
    """The rate is multiplied by a factor whenever the loss on the inner split has not fallen for some epochs."""

    name: Literal["plateau"] = "plateau"
    patience: int = Field(5, ge=1, le=1000, description="Epochs without a new lowest loss, after which it is lowered.")
    factor: float = Field(0.5, gt=0, lt=1)


def named(*kinds: type[RequestModel]) -> Callable[[Any], Any]:
    """What spells out a name that stands for one of these kinds with its defaults."""
    of_name = {kind.model_fields["name"].default: kind for kind in kinds}
    return lambda value: of_name[value]() if isinstance(value, str) else value


def names_one_of(*short: str) -> Callable[[Any], str | None]:
    """What tells the alternative of a union on ``name`` that a value is; ``short`` for one of these names alone."""

    def name_of(value: Any) -> str | None:
        if isinstance(value, str):
            return "short" if value in short else None
        name = value.get("name") if isinstance(value, dict) else getattr(value, "name", None)
        return name if isinstance(name, str) else None

    return name_of


Schedule = Annotated[
    Annotated[Literal["constant", "cosine", "plateau"], Tag("short")]
    | Annotated[ConstantRate, Tag("constant")]
    | Annotated[CosineRate, Tag("cosine")]
    | Annotated[StepRate, Tag("step")]
    | Annotated[PlateauRate, Tag("plateau")],
    Discriminator(
        names_one_of("constant", "cosine", "plateau"),
        custom_error_type="unknown_schedule",
        custom_error_message="expected 'constant', 'cosine', 'plateau', or an object whose name is one of these or "
        "'step' (which needs every)",
    ),
    AfterValidator(named(ConstantRate, CosineRate, PlateauRate)),
]
"""A name alone stands for a schedule with its defaults."""
