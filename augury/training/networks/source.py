"""What a model is built of, and the values that its weights begin with; trials that share them have them once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import keras
import numpy.typing as npt

from api_schemas.training.models import ModelSpec
from augury.planning.canonical import canonical_json
from augury.training.model_files.stored import read_stored_model
from augury.training.networks.building import build
from augury.training.networks.builtin import Shape
from augury.training.networks.memory import require_memory

Values = list[npt.NDArray[Any]]


@dataclass(frozen=True)
class Source:
    """What a model is built of, fit to be the key of a cache."""

    spec: str
    file: Path | None
    shape: Shape
    classes: int

    @classmethod
    def of(cls, model: ModelSpec, file: Path | None, shape: Shape, classes: int) -> Source:
        """Of what it is built alone, so that those who feed it otherwise share what is compiled."""
        return cls(canonical_json(model.model_dump(mode="json", exclude={"feature_views"})), file, shape, classes)

    def build(self, *, with_weights: bool = True) -> keras.Model:
        """The model."""
        spec = ModelSpec.model_validate_json(self.spec)
        stored = None if self.file is None else read_stored_model(self.file)
        return build(spec, stored, self.shape, self.classes, with_weights=with_weights)


@lru_cache(maxsize=8)
def require_memory_for(source: Source, batch_size: int) -> None:
    """See ``require_memory``; what was found to be enough is not worked out again."""
    require_memory(partial(source.build, with_weights=False), batch_size)


@lru_cache(maxsize=2)  # the arms of one seed follow each other, and share them
def initial_values(source: Source, seed: int) -> Values:
    """Of a model's variables, as the seed has them."""
    keras.utils.set_random_seed(seed)
    model = source.build()
    return values_of(model.variables)  # with the state of dropout's generators


def values_of(variables: list[Any]) -> Values:
    """The values of variables as arrays."""
    return [keras.ops.convert_to_numpy(variable) for variable in variables]
