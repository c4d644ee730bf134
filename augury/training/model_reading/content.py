"""What was found in a model file, before Keras has seen any of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from augury.training.model_files.hdf5 import Arrays


class Content(NamedTuple):
    """What a file has to say, none of it seen by Keras yet."""

    format: str
    config: dict[str, Any] | None
    """Checked; None for weights alone."""
    by_path: Arrays | None
    """Weights as Keras 3 lays them out in files of its own."""
    by_name: dict[str, Any] | None
    """Weights by the paths of the variables, as other formats have them."""
