"""What is trained: built-in models by name, or any by configuration."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator
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
