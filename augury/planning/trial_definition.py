"""What a trial is: everything that determines its result, and the address that follows from it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.jobs import Engine
from api_schemas.training.models import ModelSpec, TrainingSettings
from augury.planning.canonical import digest
from augury.planning.splits import SplitDefinition

TRAINING_VERSION = "3"
"""Part of every trial's key: raise it when the same definition would give another result."""

_SETTING = ("engine", "dataset", "split", "model", "training")


class TrialDefinition(BaseModel):
    """Everything that determines a trial's result, and nothing else.

    Its canonical form is what is hashed and stored. A field more, less or written differently there makes another
    trial of everything that was trained before.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    version: str
    """Of the training code; see TRAINING_VERSION."""
    engine: Engine
    dataset: str
    """The digest of the snapshot's content."""
    split: SplitDefinition = Field(discriminator="kind")
    model: ModelSpec
    training: TrainingSettings
    spec: ImageDataGeneratorSpec
    seed: int
    keep_model: bool = False
    """The model is asked for, whatever the spec. Only said where it is true, as older definitions do not have it."""

    def canonical(self) -> dict[str, Any]:
        """The definition as JSON values, which ``model_validate`` takes back."""
        definition = self.model_dump(mode="json")
        definition["split"] = self.split.canonical()
        definition["model"] = self.model.model_dump(mode="json", exclude_none=True)
        if not self.keep_model:
            del definition["keep_model"]
        return definition

    def key(self) -> str:
        """The content address, SHA-256 in hexadecimal: equal for trials that must give the same result."""
        return digest(self.canonical())

    def setting(self) -> str:
        """SHA-256 of what trials of about the same duration share: they differ in spec and seed only."""
        definition = self.canonical()
        return digest({name: definition[name] for name in _SETTING})
