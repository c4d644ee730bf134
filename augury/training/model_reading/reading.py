"""The straight line from the bytes of a model file to a checked model, written down anew.

What is in the file is checked before Keras sees any of it, and Keras never sees the file: it makes a network of the
checked configuration, and takes its weights from checked arrays.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from augury.datasets.containers.limits import write_fresh
from augury.datasets.protocol import Report
from augury.datasets.settings import IngestSettings
from augury.datasets.sources.base import require_size
from augury.training.model_files.archive import read_archive
from augury.training.model_files.errors import ModelFileError
from augury.training.model_files.hdf5 import MAGIC, read_hdf5
from augury.training.model_files.hdf5_by_layer import read_hdf5_by_layer
from augury.training.model_files.safetensors import is_safetensors, read_safetensors
from augury.training.model_reading.content import Content, Network
from augury.training.model_reading.protocol import ReadModel
from augury.training.warmup import import_keras

_ZIP = b"PK\x03\x04"
_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_HEAD_BYTES = 64
_PIECE_BYTES = 2**20


def read_model(
    descriptor: int,
    network: Network | None,
    workspace: Path,
    limits: IngestSettings,
    report: Report,
    *,
    is_by_layer: bool = False,
) -> ReadModel:
    """Check an open file, rebuild the model that it holds, and write that below *workspace*.

    Args:
        descriptor: of the file.
        network: that a file of weights alone belongs to.
        workspace: a folder that nobody else writes to.
        limits: of what is in the file.
        report: told how far it is.
        is_by_layer: it has weights as Keras publishes them, and is one that the operator has vouched for.

    Raises:
        ModelFileError: whatever is wrong with the file, in words for the person who gave it.
    """
    report("checking", 0, 1)
    content = read_content(descriptor, workspace, limits, is_by_layer=is_by_layer)
    _require_fit(content, network)
    report("rebuilding", 0, 1)
    import_keras()  # which only checked files are worth
    from augury.training.model_reading.rebuilding import rebuild

    return rebuild(content, network, workspace)


def read_content(descriptor: int, workspace: Path, limits: IngestSettings, *, is_by_layer: bool = False) -> Content:
    """What an open file holds, by its bytes and not by its name. For *is_by_layer* see ``read_model``.

    Raises:
        ModelFileError: ``model.format``: it is of no format that is read here; and as the formats' readers do.
    """
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise ModelFileError("model.format", "the reference names a folder; expected a file")
    require_size(status.st_size, limits, "model.too_large", "the file")
    head = os.pread(descriptor, _HEAD_BYTES, 0)
    if head.startswith(_ZIP):
        config, arrays = read_archive(descriptor, workspace, limits)
        return Content("keras", config, arrays, None)
    if head.startswith(MAGIC):
        copy = _copied(descriptor, status.st_size, workspace)
        if is_by_layer:
            return Content("weights.h5", None, None, None, read_hdf5_by_layer(copy, limits.max_unpacked_bytes))
        return Content("weights.h5", None, read_hdf5(copy, limits.max_unpacked_bytes), None)
    if head.startswith(_PICKLES):
        message = "the file is a pickle, which is code and is never loaded; save the model as a .keras file"
        raise ModelFileError("model.pickle", message)
    if is_safetensors(head, status.st_size):
        copy = _copied(descriptor, status.st_size, workspace)
        return Content("safetensors", None, None, read_safetensors(copy).arrays)
    raise ModelFileError("model.format", "expected a .keras file of Keras 3, a .weights.h5 or a .safetensors file")


def _copied(descriptor: int, size: int, workspace: Path) -> Path:
    """The file in a place of our own, so that nobody changes it while it is checked."""
    return write_fresh(workspace, (os.pread(descriptor, _PIECE_BYTES, start) for start in range(0, size, _PIECE_BYTES)))


def _require_fit(content: Content, network: Network | None) -> None:
    if content.config is None and network is None:
        message = "the file holds weights alone; say what network they are for (architecture)"
        raise ModelFileError("model.architecture", message)
    if content.config is not None and network is not None:
        message = "a .keras file says itself what network it is; leave architecture out"
        raise ModelFileError("model.architecture", message)
