"""Why a model file cannot be used."""

from __future__ import annotations

from augury.datasets.errors import DatasetError


class ModelFileError(DatasetError):
    """The file is no model that may be used; *rule* names what it broke (``model.*``), the message says why."""
