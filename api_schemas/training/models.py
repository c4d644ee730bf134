"""What is trained: built-in models by name, any by configuration, or one that was registered, fine-tuned."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator
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


Weights = Literal["imagenet"]
ModelId = Annotated[str, StringConstraints(pattern=r"^model_[0-9a-f]{32}$")]
ModelDigest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
LayerName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,200}$")]
LayerPattern = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.*?-]{1,200}$")]
NamedPart = Annotated[str, StringConstraints(pattern=r"^(all|head|last:[1-9][0-9]{0,4})$")]
Trainable = Annotated[
    NamedPart | Annotated[list[LayerPattern], Field(min_length=1, max_length=100)],
    Field(
        description="Which layers are trained: 'all'; 'head': the new top alone; 'last:N': the last N layers that have "
        "weights, a new top counted; or names of layers, in which * and ? stand for anything. The others keep their "
        "weights, and batch normalisation among them its statistics.",
        examples=["head", "last:10", ["block5_*", "new_head_*"]],
    ),
]


MAX_FEATURE_VIEWS = 100


def _is_unset(value: object) -> bool:
    """Left out of the stored form: definitions written before there was such a field keep their addresses."""
    return value is None


class Head(RequestModel):
    """A new top: pooling, dropout and a softmax over the dataset's classes, with fresh weights."""

    cut: LayerName | None = Field(
        None,
        description="The last layer that is kept. Null: the last one that gives features by height and width, or, in a "
        "model without such layers, the one before its last layer that has weights.",
    )
    pooling: Literal["average", "max", "none"] = Field(
        "average", description="Of features by height and width. none: all of them, which takes a fixed image size."
    )
    dropout: float = Field(0.0, ge=0, le=0.95, description="Share of features that each step of training drops.")


class Stage(RequestModel):
    """One of several trainings, one after the other: on the weights of the one before, with a fresh optimizer."""

    trainable: Trainable = Field("all", description="Which layers this stage trains.")
    share: float = Field(
        1.0,
        ge=1e-3,
        le=1000,
        description="Of training.epochs, in proportion to the other stages' shares: 1 and 2 of 30 epochs are 10 and "
        "20. Every stage gets at least one.",
    )
    learning_rate: float | None = Field(
        None, gt=0, le=10, description="Of this stage, the highest of its schedule. Null: training.learning_rate."
    )


def _freezes(model: dict[str, Any]) -> bool:
    """Whether a model as it is sent says of some of its training that not all of it is trained."""
    stages = model.get("stages") or []
    of_stages = [each.get("trainable", "all") if isinstance(each, dict) else each.trainable for each in stages]
    return any(trainable not in (None, "all") for trainable in [model.get("trainable"), *of_stages])


class ModelSpec(RequestModel):
    """A model by name, which image size and class count of the dataset are put into, by configuration, or by id."""

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

    weights: Weights | None = Field(
        None,
        exclude_if=_is_unset,
        description="With the name of an application: begin with these weights, as the operator has them, and not with "
        "fresh ones. It is fine-tuned then, as a registered model is.",
    )
    id: ModelId | None = Field(
        None,
        exclude_if=_is_unset,
        description="Instead of a name: a model that was registered with POST /v1/models, with its weights. See "
        "docs/models.md.",
    )
    digest: ModelDigest | None = Field(
        None,
        exclude_if=_is_unset,
        description="Of the registered model's content. The service notes it; a request that gives it is refused where "
        "the id's is another.",
    )
    head: Head | None = Field(
        None,
        exclude_if=_is_unset,
        description="Put a new top on the registered model: for other classes than it was made for. Null: it is "
        "trained on as it is.",
    )
    trainable: Trainable | None = Field(
        None, exclude_if=_is_unset, description="Null: those that were when it was saved."
    )

    stages: list[Stage] | None = Field(
        None,
        exclude_if=_is_unset,
        min_length=1,
        max_length=10,
        description="Train in stages, such as the new top first, then more at a lower rate. Each runs the schedule of "
        "training over its own epochs. Instead of trainable.",
        examples=[[{"trainable": "head"}, {"trainable": "all", "share": 2, "learning_rate": 1e-5}]],
    )

    feature_views: int | None = Field(
        None,
        exclude_if=_is_unset,
        ge=1,
        le=MAX_FEATURE_VIEWS,
        description="Of arms that augment: how many augmented views of each image go through the frozen part, once, "
        "and are trained on in turn, epoch after epoch. Null: every epoch has views of its own, which all go through "
        "it. Faster, and less of the augmentation; it takes a frozen part: trainable other than all, or stages.",
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
        if value.get("weights") is not None and value.get("name") not in APPLICATIONS:
            raise PydanticCustomError("model_rule", "weights are for models of keras.applications: name one")
        is_registered = any(value.get(name) is not None for name in ("id", "digest", "weights"))
        is_named = value.get("name") is not None and value.get("weights") is None
        given = [is_named, value.get("config") is not None, is_registered]
        if sum(given) > 1:
            raise PydanticCustomError("model_rule", "give one of name, config and id, not several")
        if not is_registered and any(value.get(name) is not None for name in ("head", "trainable", "stages")):
            message = "head, trainable and stages are for models with weights: give an id, or a name with weights"
            raise PydanticCustomError("model_rule", message)
        if value.get("trainable") is not None and value.get("stages") is not None:
            message = "every stage says which layers it trains: give trainable or stages, not both"
            raise PydanticCustomError("model_rule", message)
        if value.get("feature_views") is not None and not _freezes(value):
            message = (
                "feature_views keep what a frozen part makes of augmented images, and nothing is frozen: give "
                "trainable 'head', or stages of which one trains less than all"
            )
            raise PydanticCustomError("model_rule", message)
        return value if any(given) else {**value, "name": "small_cnn"}

    @property
    def is_registered(self) -> bool:
        """Whether it has weights that are kept by the service."""
        return any(given is not None for given in (self.id, self.digest, self.weights))

    def as_trained(self, *, is_augmented: bool = True) -> ModelSpec:
        """What trials are defined by: the content of a registered model, whatever id or name it has.

        Where nothing is augmented an image has one view, however many are asked for.
        """
        if self.digest is None:
            return self
        views = self.feature_views if is_augmented else None
        return self.model_copy(update={"id": None, "name": None, "weights": None, "feature_views": views})


def require_engine_of_views(model: ModelSpec, engine: str) -> None:
    """Refuse feature views of an engine whose draws cannot be made again.

    Raises:
        PydanticCustomError: Keras's own engine is to augment.
    """
    if model.feature_views is not None and engine != "augury":
        message = "model.feature_views: engine 'keras' augments in an order of its own; leave engine out"
        raise PydanticCustomError("job_rule", message)
