"""``.keras`` files: a zip with a configuration and weights, of which nothing is run and nothing is imported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic_core import PydanticCustomError

from api_schemas.training.model_configs import checked_config
from augury.datasets.containers.zip import ZipContents
from augury.datasets.settings import IngestSettings
from augury.training.model_files.errors import ModelFileError
from augury.training.model_files.hdf5 import Arrays, read_hdf5

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
MAX_CONFIG_BYTES = 2**24
MAX_CONFIG_PARTS = 200_000
"""Of a configuration in a file. Those of the deepest networks of ``keras.applications`` have some 30,000."""


def read_archive(descriptor: int, workspace: Path, limits: IngestSettings) -> tuple[dict[str, Any], Arrays]:
    """The checked configuration, and the weights by the paths under which Keras 3 stores them.

    Raises:
        ModelFileError: ``model.archive``: not these three files; ``model.config``: something in the configuration is
            not on the lists of ``api_schemas.training.model_configs``; and as ``read_hdf5``.
        DatasetError: ``archive.*``: the zip is damaged, a bomb, or leads out of it.
    """
    contents = ZipContents(descriptor, workspace, limits)
    members = {member.name: member for member in contents.members}
    unknown = sorted(members.keys() - {CONFIG, METADATA, WEIGHTS})
    if contents.skipped.summary() or unknown or not {CONFIG, WEIGHTS} <= members.keys():
        got = f"{unknown[0]!r} is in it" if unknown else f"it has {', '.join(sorted(members)) or 'no files'}"
        message = f"a .keras file of Keras 3 holds {CONFIG}, {METADATA} and {WEIGHTS} and nothing else; {got}"
        raise ModelFileError("model.archive", message)
    config = read_config(contents.read(members[CONFIG], MAX_CONFIG_BYTES))
    return config, read_hdf5(contents.as_file(members[WEIGHTS]), limits.max_unpacked_bytes)


def read_config(content: bytes) -> dict[str, Any]:
    """The checked configuration in a JSON file, which no code of Keras has seen yet.

    Raises:
        ModelFileError: ``model.config``.
    """
    try:
        config = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ModelFileError("model.config", f"{CONFIG} cannot be read as JSON") from error
    if not isinstance(config, dict):
        raise ModelFileError("model.config", f"{CONFIG} is not an object")
    try:
        return checked_config(config, MAX_CONFIG_PARTS)
    except PydanticCustomError as error:
        raise ModelFileError("model.config", str(error.message())) from None


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
