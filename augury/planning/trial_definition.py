"""What a trial is: everything that determines its result, and the address that follows from it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.jobs import Engine
from api_schemas.training.models import ModelSpec
from api_schemas.training.settings import PLAIN, TrainingSettings
from augury.planning.canonical import canonical_json
from augury.planning.splits import SplitDefinition

_PLAIN_VERSION, _VERSION = "3", "4"
_PLAIN_OPTIMIZERS = ("adam", "sgd")

_SETTING = ("engine", "dataset", "split", "training")
"""Beside the model."""


class TrialDefinition(BaseModel):
    """Everything that determines a trial's result, and nothing else.

    Its canonical form is what is hashed and stored. A field more, less or written differently there makes another
    trial of everything that was trained before.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    version: str
    """Of the training code; see ``training_version``."""
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
    scored_on: Literal["test"] | None = None
    """A split that is neither trained nor validated on, and predicted at the end. Only said where there is one."""

    @field_validator("training", mode="before")
    @classmethod
    def _what_is_not_said_is_plain(cls, value: Any) -> Any:
        """Whatever requests have as their defaults now: see ``canonical_training``."""
        return PLAIN | value if isinstance(value, dict) else value

    def canonical(self) -> dict[str, Any]:
        """The definition as JSON values, which ``model_validate`` takes back."""
        return self.without_model() | {"model": canonical_model(self.model)}

    def without_model(self) -> dict[str, Any]:
        """All of ``canonical`` but the model, which may be a thousand times as large."""
        definition = self.model_dump(mode="json", exclude={"model"})
        definition["split"] = self.split.canonical()
        definition["training"] = canonical_training(self.training)
        if not self.keep_model:
            del definition["keep_model"]
        if self.scored_on is None:
            del definition["scored_on"]
        return definition

    def key(self) -> str:
        """The content address, SHA-256 in hexadecimal: equal for trials that must give the same result."""
        return _digest(self.without_model(), self.model)

    def setting(self) -> str:
        """SHA-256 of what trials of about the same duration share: they differ in spec and seed only."""
        definition = self.without_model()
        return _digest({name: definition[name] for name in _SETTING}, self.model)

    def inference(self) -> str:
        """SHA-256 of what the models of trials share that take about as long for an image: dataset and network."""
        return _digest({"dataset": self.dataset, "engine": self.engine}, self.model)


def training_version(training: TrainingSettings, *, needs_probabilities: bool = False) -> str:
    """Part of every trial's key: it is raised when the same definition would give another result.

    A training without options is what it always was, so it keeps its version, and its trials are found again. One that
    *needs_probabilities* has to store those of all classes, which trials of that version did not.
    """
    is_plain = training.optimizer in _PLAIN_OPTIMIZERS and canonical_training(training).keys().isdisjoint(PLAIN)
    return _PLAIN_VERSION if is_plain and not needs_probabilities else _VERSION


def canonical_training(training: TrainingSettings) -> dict[str, Any]:
    """Training settings as JSON values, as definitions have them: without the options that are not used.

    An option more in a later version makes no other trials of those that do not use it.
    """
    written = training.model_dump(mode="json")
    return {name: value for name, value in written.items() if name not in PLAIN or value != PLAIN[name]}


def canonical_model(model: ModelSpec) -> dict[str, Any]:
    """A model as JSON values, as definitions have it."""
    return model.model_dump(mode="json", exclude_none=True)


def written_model(model: ModelSpec) -> str:
    """A model as canonical JSON. All trials of a job have the same object, which is written once for all of them."""
    return _write(_Same(model))


class _Same:
    """Equal to itself alone: models have no hash, and comparing them takes as long as writing them."""

    def __init__(self, model: ModelSpec) -> None:
        self.model = model

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.model is self.model

    def __hash__(self) -> int:
        return id(self.model)


@lru_cache(maxsize=8)
def _write(same: _Same) -> str:
    return canonical_json(canonical_model(same.model))


def _digest(others: Mapping[str, Any], model: ModelSpec) -> str:
    """The digest of canonical JSON with the model among the others. What comes before the end of it is hashed once."""

    def members(names: Iterable[str]) -> list[str]:
        return [f"{canonical_json(name)}:{canonical_json(others[name])}" for name in sorted(names)]

    head = "".join(f"{member}," for member in members(name for name in others if name < "model"))
    hashed = _begin(f'{{{head}"model":', _Same(model)).copy()
    hashed.update("".join(f",{member}" for member in members(name for name in others if name > "model")).encode())
    hashed.update(b"}")
    return hashed.hexdigest()


@lru_cache(maxsize=32)
def _begin(head: str, same: _Same) -> hashlib._Hash:
    return hashlib.sha256(f"{head}{_write(same)}".encode())
