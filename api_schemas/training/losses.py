"""What training makes small."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, StringConstraints, Tag

from api_schemas.base import RequestModel
from api_schemas.training.schedules import named, names_one_of

MAX_WEIGHTED_CLASSES = 1000
MAX_CLASS_WEIGHT = 1000


class CrossEntropy(RequestModel):
    """Minus the logarithm of the true class's probability."""

    name: Literal["cross_entropy"] = "cross_entropy"


class Focal(RequestModel):
    """Cross-entropy times (1 - the true class's probability) to the power of gamma (Lin et al. 2017, equation 4)."""

    name: Literal["focal"] = "focal"
    gamma: float = Field(2.0, ge=0.1, le=10, description="The larger, the less do images count that are no trouble.")


Loss = Annotated[
    Annotated[Literal["cross_entropy", "focal"], Tag("short")]
    | Annotated[CrossEntropy, Tag("cross_entropy")]
    | Annotated[Focal, Tag("focal")],
    Discriminator(
        names_one_of("cross_entropy", "focal"),
        custom_error_type="unknown_loss",
        custom_error_message="expected 'cross_entropy', 'focal', or an object whose name is one of these",
    ),
    AfterValidator(named(CrossEntropy, Focal)),
]
"""A name alone stands for a loss with its defaults."""


def _form_of_weights(value: object) -> str:
    return "rule" if isinstance(value, str) else "by_class"


ClassWeight = Annotated[
    Annotated[Literal["none", "balanced"], Tag("rule")]
    | Annotated[
        dict[
            Annotated[str, StringConstraints(min_length=1, max_length=200)],
            Annotated[float, Field(gt=0, le=MAX_CLASS_WEIGHT)],
        ],
        Field(min_length=1, max_length=MAX_WEIGHTED_CLASSES),
        Tag("by_class"),
    ],
    Discriminator(_form_of_weights),
]
"""A rule, or a weight for each class by its name."""
