"""The augmentation engine: ``ImageDataGenerator``'s results, compiled and on all cores.

    from augury.augmentation import ImageDataGenerator

    for images, labels in ImageDataGenerator(rotation_range=20).flow(x, y, batch_size=32, seed=1):
        ...

No HTTP, SQL, Celery or TensorFlow: it can be used alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from augury.augmentation.generator.dataframe_iterator import DataFrameIterator
    from augury.augmentation.generator.directory_iterator import DirectoryIterator
    from augury.augmentation.generator.image_data_generator import ImageDataGenerator
    from augury.augmentation.iterators.array_iterator import NumpyArrayIterator
    from augury.augmentation.iterators.iterator import Iterator
    from augury.augmentation.parameters import Draws
    from augury.augmentation.pipeline import Pipeline

__all__ = [
    "DataFrameIterator",
    "DirectoryIterator",
    "Draws",
    "ImageDataGenerator",
    "Iterator",
    "NumpyArrayIterator",
    "Pipeline",
]

_MODULES = {
    "DataFrameIterator": "generator.dataframe_iterator",
    "DirectoryIterator": "generator.directory_iterator",
    "Draws": "parameters",
    "ImageDataGenerator": "generator.image_data_generator",
    "Iterator": "iterators.iterator",
    "NumpyArrayIterator": "iterators.array_iterator",
    "Pipeline": "pipeline",
}
"""Where each name is."""


def __getattr__(name: str) -> Any:
    """One of the names above, imported when somebody asks for it.

    Who wants one module below, such as a planner that asks what a preprocessing function does, does not wait for Numba.
    """
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return found
