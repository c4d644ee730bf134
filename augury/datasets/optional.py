"""Libraries that only some references need."""

from __future__ import annotations

import importlib
from types import ModuleType

from augury.datasets.errors import DatasetError


def required_library(module: str, extra: str, what: str) -> ModuleType:
    """The module, imported now.

    Raises:
        DatasetError: ``reader.not_installed``, naming the extra of this package that brings it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        message = f"{what} takes {error.name}, which is not installed here; pip install 'augury[{extra}]'"
        raise DatasetError("reader.not_installed", message) from error
