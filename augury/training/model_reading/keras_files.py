"""Weights of ImageNet as Keras publishes them: where, and under which name; fetched where the operator allows it.

Which file it has to be is said by the operator's table, and not by who answers at an address.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from augury.datasets.disk import require_room
from augury.datasets.settings import variable_of
from augury.datasets.sources.base import Fetched, Request, open_fetched, require_size
from augury.datasets.sources.connections import Network, Watch
from augury.datasets.sources.urls import Policy, download
from augury.datasets.urls import parse_url
from augury.training.model_files.errors import ModelFileError

_TF = "weights_tf_dim_ordering_tf_kernels"
KERAS_FILES = {
    "applications/DenseNet121": f"densenet/densenet121_{_TF}_notop.h5",
    "applications/EfficientNetV2B0": "efficientnet_v2/efficientnetv2-b0_notop.h5",
    "applications/InceptionV3": f"inception_v3/inception_v3_{_TF}_notop.h5",
    "applications/MobileNet": "mobilenet/mobilenet_1_0_224_tf_no_top.h5",
    "applications/MobileNetV2": f"mobilenet_v2/mobilenet_v2_{_TF}_1.0_224_no_top.h5",
    "applications/MobileNetV3Small": "mobilenet_v3/weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5",
    "applications/ResNet50": f"resnet/resnet50_{_TF}_notop.h5",
    "applications/ResNet50V2": f"resnet/resnet50v2_{_TF}_notop.h5",
    "applications/VGG16": f"vgg16/vgg16_{_TF}_notop.h5",
    "applications/Xception": f"xception/xception_{_TF}_notop.h5",
}
"""By the name of the network: the path of the file without a top, below the address that ``docs/models.md`` names."""

DOWNLOADED_FILE = "downloaded"
"""Below the workspace: where a download is left for the one who started this process, to be kept."""

_INTERNET = Network()
FindKept = Callable[[str], Path | None]
"""Where a file with a SHA-256 is, if it was fetched before."""


class Wanted(NamedTuple):
    """A file of the operator's table that is not beside it."""

    network: str
    """As in requests."""
    file: str
    bytes: int
    sha256: str


def is_keras_file(network: str, file: str) -> bool:
    """Whether a file is called as the one that Keras publishes for a network."""
    return network in KERAS_FILES and _name_of(network) == file


def fetch_from_keras(request: Request, wanted: Wanted, find_kept: FindKept, network: Network = _INTERNET) -> Fetched:
    """The file as it was kept when it was fetched before; fetched, where it was not, whatever its SHA-256 is then.

    The server that the operator has named may be anywhere, as a hub's may; what it leads to elsewhere is on the public
    internet and answers over https.

    Raises:
        ModelFileError: ``weights.missing``: Keras has no such file, or none may be fetched; ``weights.damaged``: it is
            larger than the table says; ``weights.endpoint``: the setting is no URL.
        DatasetError: as for ``url`` references.
    """
    base = request.settings.weights_download_url
    if base is None or not is_keras_file(wanted.network, wanted.file):
        raise _missing(wanted)
    kept = find_kept(wanted.sha256)
    if kept is not None and _sha256(kept) == wanted.sha256:
        return open_fetched(kept, wanted.file)
    require_size(wanted.bytes, request.settings, "url.too_large", wanted.file)
    require_room(request.workspace, wanted.bytes)
    base = base.rstrip("/")
    try:
        policy = Policy(trusted=parse_url(base))
    except ValueError as error:
        name = variable_of("weights_download_url")
        message = f"{name} is not a URL: {error}; the operator has to set it right"
        raise ModelFileError("weights.endpoint", message) from None
    target = request.workspace / DOWNLOADED_FILE
    watch = Watch(request.settings, network, _no_more_than(wanted, request))
    download(f"{base}/{KERAS_FILES[wanted.network]}", target, request, policy, network, watch)
    return open_fetched(target, wanted.file)


def _name_of(network: str) -> str:
    return KERAS_FILES[network].rpartition("/")[2]


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _no_more_than(wanted: Wanted, request: Request) -> Callable[[str, int, int], None]:
    """Tells how far it is, and breaks off what is, or claims to be, larger than the table says."""

    def report(step: str, done: int, total: int) -> None:
        if max(done, total) > wanted.bytes:
            message = f"{wanted.file} is larger where it is fetched than the {wanted.bytes:,} bytes of the table"
            raise ModelFileError("weights.damaged", message)
        request.report(step, done, total)

    return report


def _missing(wanted: Wanted) -> ModelFileError:
    if is_keras_file(wanted.network, wanted.file):
        way = f"set {variable_of('weights_download_url')} to have it fetched (docs/models.md has the address)"
    else:
        way = f"list the file that Keras publishes, which can be fetched: {_name_of(wanted.network)}"
    message = f"{wanted.file} of {wanted.network} is listed and not there; the operator has to put it there, or {way}"
    return ModelFileError("weights.missing", message)
