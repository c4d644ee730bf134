"""What we ask of Keras where a program has loaded it: nothing here imports it.

``fit``, ``evaluate`` and ``predict`` take an iterator only if ``isinstance(iterator, keras.utils.PyDataset)``. Ours
cannot simply inherit from it: the engine is used without Keras, and iterators may be made before Keras is imported. But
``isinstance`` looks at ``iterator.__class__`` where the type itself does not qualify, so ``Iterator`` answers with
``dataset_class`` there: itself and a ``PyDataset`` as soon as there is one, and itself alone until then. The methods
and attributes that Keras uses are the iterator's own.
"""

from __future__ import annotations

import logging
import sys
from functools import cache
from typing import Any

_LOGGER = logging.getLogger(__name__)


def _of_keras(part: str, name: str) -> Any:
    """``keras.part.name``, or None where Keras is not loaded, or not as far as that."""
    return getattr(getattr(sys.modules.get("keras"), part, None), name, None)


def dataset_class(iterator: type) -> type:
    """The class that an iterator shows: *iterator*, and a ``keras.utils.PyDataset`` where Keras is loaded."""
    dataset = _of_keras("utils", "PyDataset")
    return iterator if dataset is None else _combined(iterator, dataset)


@cache
def _combined(iterator: type, dataset: type) -> type:
    return type(
        iterator.__name__, (iterator, dataset), {"__module__": iterator.__module__, "__doc__": iterator.__doc__}
    )


def image_data_format() -> str:
    """Keras's setting where it is loaded; ``channels_last`` otherwise."""
    setting = _of_keras("config", "image_data_format")
    return str(setting()) if setting else "channels_last"


def floatx() -> str:
    """The type of numbers that Keras is set to where it is loaded; ``float32`` otherwise."""
    setting = _of_keras("config", "floatx")
    return str(setting()) if setting else "float32"


def say(message: str) -> None:
    """Tell the user, as Keras does: on standard output, or in the log where Keras's interactive logging is off."""
    is_interactive = _of_keras("config", "is_interactive_logging_enabled")
    if is_interactive is None or is_interactive():
        sys.stdout.write(message + "\n")
        sys.stdout.flush()
    else:
        _LOGGER.info(message)
