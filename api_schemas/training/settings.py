"""How every arm is trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from api_schemas.base import RequestModel
from api_schemas.training.backends import DEFAULT_BACKEND, Backend
from api_schemas.training.losses import ClassWeight, CrossEntropy, Focal, Loss
from api_schemas.training.schedules import ConstantRate, CosineRate, PlateauRate, Schedule, StepRate

ADAMW_DECAY = 0.004
"""What adamw takes off where nothing else is said: Keras's default."""
INNER_FRACTION = 0.1
MIN_EPOCHS_BY_SIZE = 30
"""Of a training whose number of epochs follows from the size of the data."""
_EPOCHS_BEFORE = 30
"""Where nothing was said, before the size of the data had a say."""


class EarlyStopping(RequestModel):
    """Training ends when the loss on the inner split has not fallen for some epochs, and its best weights are taken."""

    patience: int = Field(10, ge=1, le=1000, description="Epochs without a new lowest loss.")


class TrainingOptions(RequestModel):
    """How every arm is trained, whatever the number of epochs."""

    batch_size: int = Field(32, ge=1, le=4096)
    optimizer: Literal["adam", "adamw", "sgd", "rmsprop"] = "adam"
    learning_rate: float = Field(2e-3, gt=0, le=10, description="Of a schedule, the highest.")
    schedule: Schedule = Field(
        CosineRate(),
        description="How the learning rate goes on: constant, cosine (default: to zero over all epochs), step, or "
        "plateau. A name alone, or an object with its options.",
        examples=["cosine", {"name": "cosine", "warmup_epochs": 3}, {"name": "step", "every": 10, "factor": 0.1}],
    )
    momentum: float = Field(0.0, ge=0, lt=1, description="Of sgd and rmsprop.")
    nesterov: bool = Field(False, description="Of sgd with momentum (Nesterov 1983).")
    weight_decay: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Each step takes this share of the weights off, times the learning rate (decoupled: Loshchilov and "
        f"Hutter 2019). null: {ADAMW_DECAY} for adamw, nothing for the others.",
    )
    gradient_clip: float | None = Field(
        None, ge=1e-6, le=1e6, description="Gradients whose norm over all weights is larger are shortened to this."
    )
    loss: Loss = Field(
        CrossEntropy(),
        description="cross_entropy, or focal with gamma. A name alone, or an object with its options.",
        examples=["cross_entropy", {"name": "focal", "gamma": 2.0}],
    )
    label_smoothing: float = Field(
        0.0, ge=0, lt=1, description="The share of every label that is spread evenly over all classes."
    )
    class_weight: ClassWeight = Field(
        "none",
        description="How much an image's loss counts. balanced: images over (classes times images of its class), "
        "counted among those that are trained on. Or a weight for each class by name; classes not named have 1.",
        examples=["balanced", {"rare": 5.0}],
    )
    early_stopping: EarlyStopping | None = None
    inner_fraction: float = Field(
        INNER_FRACTION,
        ge=0.01,
        le=0.5,
        description="Of the training images: what early_stopping and plateau watch, which is not trained on then. "
        "Stratified, in whole groups where the dataset has groups, drawn per seed; never images that judge.",
    )
    average_last: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="The share of the epochs, the last ones, whose weights are averaged for the final model (Izmailov "
        "et al. 2018), rounded up to whole epochs. 0: the weights after the last epoch.",
    )
    augment_until: float = Field(
        1.0, gt=0, le=1, description="The share of the epochs after which training goes on without augmentation."
    )
    mixed_precision: bool = Field(False, description="Compute in bfloat16 and keep weights in float32; on a GPU only.")
    backend: Backend = Field(
        DEFAULT_BACKEND,
        description="What computes the models. jax: several small trials of a job in one step, by workers that an "
        "operator starts for it. A seed begins with other weights there, so that trials of the one backend are never "
        "taken for those of the other.",
    )

    @property
    def decay(self) -> float:
        """The weight decay that the optimizer has."""
        if self.weight_decay is not None:
            return self.weight_decay
        return ADAMW_DECAY if self.optimizer == "adamw" else 0.0

    @property
    def watches(self) -> bool:
        """Whether an inner split is needed."""
        return self.early_stopping is not None or isinstance(self.schedule, PlateauRate)


class TrainingSettings(TrainingOptions):
    """How every arm is trained."""

    epochs: int = Field(MIN_EPOCHS_BY_SIZE, ge=1, le=1000)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        for applies, sentence in _SENSELESS:
            if applies(self):
                raise PydanticCustomError("training_rule", sentence)
        return self


_SENSELESS: tuple[tuple[Callable[[TrainingSettings], bool], str], ...] = (
    (
        lambda each: each.momentum > 0 and each.optimizer not in ("sgd", "rmsprop"),
        "momentum is an option of sgd and rmsprop; adam and adamw have moments of their own",
    ),
    (
        lambda each: each.nesterov and (each.optimizer != "sgd" or each.momentum == 0),
        "nesterov is a form of sgd's momentum: it needs optimizer 'sgd' and a momentum above 0",
    ),
    (
        lambda each: each.optimizer == "adam" and each.decay > 0,
        "adam with a weight_decay is called adamw: choose that optimizer",
    ),
    (
        lambda each: each.optimizer == "adamw" and each.decay == 0,
        "adamw with a weight_decay of 0 is adam: choose that optimizer, or give a weight_decay above 0",
    ),
    (
        lambda each: isinstance(each.loss, Focal) and each.label_smoothing > 0,
        "the focal loss turns to images that are not yet right, and label_smoothing away from being sure: choose one",
    ),
    (
        lambda each: isinstance(each.schedule, CosineRate) and 0 < each.epochs <= each.schedule.warmup_epochs,
        "schedule.warmup_epochs must be fewer than the epochs, or the learning rate would never come down",
    ),
    (
        lambda each: isinstance(each.schedule, StepRate) and each.epochs <= each.schedule.every,
        "schedule.every must be fewer than the epochs, or the learning rate would never change: it would be 'constant'",
    ),
    (
        lambda each: each.average_last > 0 and each.early_stopping is not None,
        "early_stopping takes the weights of the best epoch, and average_last the mean of the last: choose one",
    ),
    (
        lambda each: each.inner_fraction != INNER_FRACTION and not each.watches,
        "inner_fraction is what early_stopping and the schedule 'plateau' watch, and neither is asked for",
    ),
)
"""Combinations that contradict themselves, and what is said of them."""

PLAIN: dict[str, Any] = {
    "schedule": {"name": ConstantRate().name},
    "momentum": 0.0,
    "nesterov": False,
    "weight_decay": None,
    "gradient_clip": None,
    "loss": {"name": CrossEntropy().name},
    "label_smoothing": 0.0,
    "class_weight": "none",
    "early_stopping": None,
    "inner_fraction": INNER_FRACTION,
    "average_last": 0.0,
    "augment_until": 1.0,
    "mixed_precision": False,
    "backend": "tensorflow",
}
"""Training as it was before there were options: a constant rate, no options. Defaults may change, this may not."""

_DEFAULT_RATE_BEFORE = 1e-3
_BEFORE = PLAIN | {"epochs": _EPOCHS_BEFORE}


def as_accepted(request: dict[str, Any]) -> dict[str, Any]:
    """A stored request as it was meant when it was accepted: options that there were not yet are plain.

    Requests are stored with all their fields, so what is missing is what the version that accepted it did not know.
    """
    training = request.get("training", {"learning_rate": _DEFAULT_RATE_BEFORE})
    return request | {"training": _BEFORE | training}


def as_meant_before(request: dict[str, Any]) -> dict[str, Any]:
    """A request with the fields that were said alone, as it was meant before training had options."""
    training = {"learning_rate": _DEFAULT_RATE_BEFORE} | request.get("training", {})
    return request | {"training": _BEFORE | training}


def require_device(training: TrainingOptions, device: str) -> None:
    """Refuse what the workers of that kind cannot do.

    Raises:
        PydanticCustomError: mixed precision is asked of processors.
    """
    if training.mixed_precision and device == "cpu":
        message = "training.mixed_precision: processors gain nothing by it; ask for device 'gpu', or leave it out"
        raise PydanticCustomError("job_rule", message)


def with_epochs(training: TrainingOptions, epochs: int, **changes: Any) -> TrainingSettings:
    """The same training as a whole schedule of that length, and with other options where they are given.

    Raises:
        ValidationError: the other settings do not allow that length.
    """
    return TrainingSettings.model_validate(training.model_dump() | {"epochs": epochs} | changes)
