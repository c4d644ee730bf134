"""What is trained, and how: the built-in models, and the training and evaluation settings."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, field_validator, model_validator
from pydantic_core import PydanticCustomError

from api_schemas.base import RequestModel
from api_schemas.training.model_configs import MODEL_CLASSES, checked_config

APPLICATIONS = {
    "applications/DenseNet121": 32,
    "applications/EfficientNetV2B0": 32,
    "applications/InceptionV3": 75,
    "applications/MobileNet": 32,
    "applications/MobileNetV2": 32,
    "applications/MobileNetV3Small": 32,
    "applications/ResNet50": 32,
    "applications/ResNet50V2": 32,
    "applications/VGG16": 32,
    "applications/Xception": 71,
}
"""Models of keras.applications, and the smallest height and width that each takes."""

ModelName = Literal[
    "linear",
    "small_cnn",
    "resnet8",
    "wide_resnet_16_2",
    "applications/DenseNet121",
    "applications/EfficientNetV2B0",
    "applications/InceptionV3",
    "applications/MobileNet",
    "applications/MobileNetV2",
    "applications/MobileNetV3Small",
    "applications/ResNet50",
    "applications/ResNet50V2",
    "applications/VGG16",
    "applications/Xception",
]


class ModelSpec(RequestModel):
    """A model by name, which image size and class count of the dataset are put into, or by configuration."""

    name: ModelName | None = Field(
        None,
        description="linear: softmax regression on the pixels. small_cnn (default): two 3x3 convolutions (16 and 32 "
        "filters), 2x2 max pooling, a dense layer of 64, softmax. resnet8: CIFAR-style residual network with 16, 32 "
        "and 64 filters. wide_resnet_16_2: WRN-16-2. applications/...: that model of keras.applications with fresh "
        "weights.",
    )
    config: dict[str, Any] | None = Field(
        None,
        description="Instead of a name: a Sequential or Functional model as model.to_json() of Keras 3 writes it, of "
        "built-in layers only. It takes one image of the dataset's size and gives one probability per class (softmax). "
        "compile_config is not used.",
        json_schema_extra={
            "properties": {"class_name": {"enum": list(MODEL_CLASSES)}, "config": {"type": "object"}},
            "required": ["class_name", "config"],
        },
    )

    @field_validator("config")
    @classmethod
    def _is_safe(cls, config: dict[str, Any] | None) -> dict[str, Any] | None:
        return None if config is None else checked_config(config)

    @model_validator(mode="before")
    @classmethod
    def _names_one(cls, value: Any) -> Any:
        """Without either, the model is small_cnn."""
        if not isinstance(value, dict):
            return value
        if value.get("name") is not None and value.get("config") is not None:
            raise PydanticCustomError("model_rule", "give a name or a config, not both")
        return value if value.get("name") or value.get("config") else {**value, "name": "small_cnn"}


class TrainingSettings(RequestModel):
    """How every arm is trained."""

    epochs: int = Field(30, ge=1, le=1000)
    batch_size: int = Field(32, ge=1, le=4096)
    optimizer: Literal["adam", "sgd"] = "adam"
    learning_rate: float = Field(1e-3, gt=0, le=10)


class SeedRange(RequestModel):
    """Rounds of seeds until every verdict is settled, or there were enough."""

    min: int = Field(ge=2, le=50, description="Every arm gets so many, then the evidence is looked at.")
    max: int = Field(ge=2, le=50, description="An undecided arm gets no more than so many.")

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.max < self.min:
            raise PydanticCustomError("seed_range", f"max is {self.max}, expected {self.min} (min) or more")
        return self


def _form_of_seeds(value: Any) -> str:
    return "range" if isinstance(value, dict | SeedRange) else "count"


Seeds = Annotated[
    Annotated[int, Field(ge=2, le=50), Tag("count")] | Annotated[SeedRange, Tag("range")], Discriminator(_form_of_seeds)
]


class EvaluationSettings(RequestModel):
    """How arms are compared. Every seed draws its own stratified split, initial weights and batch order."""

    seeds: Seeds = Field(
        5,
        description="Trials per arm; differences between arms are paired by seed. A number, or {min, max}: rounds of "
        "seeds for those candidates only whose verdict is not settled, with the error over all looks kept.",
        examples=[5, {"min": 3, "max": 10}],
    )
    first_seed: int = Field(0, ge=0, le=2**31 - 1, description="Seeds are first_seed, first_seed + 1, ...")
    splits: Literal["auto", "random"] = Field(
        "auto",
        description="auto: the dataset's own train and validation (or test) splits where it has them. random: every "
        "seed draws its own split from all images.",
    )
    validation_fraction: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.2, description="Of all images, where splits are drawn; with groups, to within the largest of them."
    )
    training_images: int | None = Field(
        None, ge=2, le=10**9, description="Train on this many images only, drawn per seed; null: on all that remain."
    )
    confidence: float = Field(0.95, ge=0.5, lt=1, description="Simultaneous over the candidates.")
    practical_effect: float = Field(
        0.5, ge=0, le=100, description="Percentage points; smaller differences do not matter to you."
    )

    @property
    def min_seeds(self) -> int:
        """How many seeds every arm gets."""
        return self.seeds if isinstance(self.seeds, int) else self.seeds.min

    @property
    def max_seeds(self) -> int:
        """How many seeds an arm gets if its verdict stays undecided."""
        return self.seeds if isinstance(self.seeds, int) else self.seeds.max
