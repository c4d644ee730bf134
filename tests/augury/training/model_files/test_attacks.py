"""Model files that do harm where they are loaded as Keras loads them, or did before it was told: all are refused here.

Each is what an advisory about Keras describes, made by hand. Our reader has to refuse it before Keras sees any of it.
"""

from __future__ import annotations

import base64
import contextlib
import marshal
import pickle
import struct
import tarfile
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from augury.datasets.errors import DatasetError
from augury.training.model_files.archive import read_config
from augury.training.model_files.errors import ModelFileError
from tests.augury.training.model_files.makers import (
    DENSE,
    INPUT,
    archive,
    config_of,
    hdf5,
    layer_of,
    read,
    write_dense,
)


def _refused(content: bytes, folder: Path, **limits: Any) -> DatasetError:
    with pytest.raises(DatasetError) as refusal:
        read(content, folder, **limits)
    return refusal.value


def _code_that_leaves(marker: Path) -> str:
    """Bytes of a function of Python that makes a file when it is called, as Lambda layers carry them."""
    namespace: dict[str, Any] = {}
    exec(f"def harm(x):\n    open({str(marker)!r}, 'w').close()\n    return x", namespace)  # noqa: S102
    return base64.b64encode(marshal.dumps(namespace["harm"].__code__)).decode()


def test_the_plain_file_is_read(tmp_path: Path) -> None:
    """What every attack below changes one thing of is no attack itself."""
    content = read(archive(), tmp_path)
    assert content.format == "keras"
    assert content.by_path is not None
    assert {path: sorted(arrays) for path, arrays in content.by_path.items()} == {"layers/dense": ["0", "1"]}


LAMBDA_MODULES = ("keras.layers", "keras.src.layers.core.lambda_layer")


@pytest.mark.parametrize("module", LAMBDA_MODULES)
def test_a_lambda_layer_is_refused(tmp_path: Path, module: str) -> None:
    """CVE-2024-3660, and its sequels: code in the configuration. It runs where it is loaded as unsafe."""
    marker = tmp_path / "marker"
    function = {"class_name": "__lambda__", "config": {"code": _code_that_leaves(marker)}}
    attack = archive(config_of(INPUT, layer_of("Lambda", module, name="l", function=function), DENSE))
    assert _refused(attack, tmp_path).rule == "model.config"
    assert not marker.exists()


def test_the_lambda_would_do_harm(tmp_path: Path) -> None:
    """The attack above is one: Keras itself, told to trust the file, runs it."""
    marker, file = tmp_path / "marker", tmp_path / "attack.keras"
    code = [_code_that_leaves(marker), None, None]
    function = {"class_name": "__lambda__", "config": {"code": code[0], "defaults": None, "closure": None}}
    file.write_bytes(archive(config_of(INPUT, layer_of("Lambda", name="l", function=function), DENSE)))
    with contextlib.suppress(TypeError):  # what it returns is no tensor
        keras.saving.load_model(file, safe_mode=False)
    assert marker.exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),  # CVE-2025-1550: any function of any module
        ("subprocess", "Popen"),
        ("keras.utils", "get_file"),  # CVE-2025-8747: one of Keras's own that fetches and writes files
        ("keras.src.utils.file_utils", "get_file"),
        ("keras.config", "enable_unsafe_deserialization"),  # CVE-2025-9906: the one that takes the guard away
        ("keras.saving", "load_model"),
        ("keras.src.utils.python_utils", "func_load"),
        ("builtins", "exec"),
    ],
)
@pytest.mark.parametrize("kind", ["function", "class"])
def test_a_name_outside_of_the_lists_is_never_imported(tmp_path: Path, module: str, name: str, kind: str) -> None:
    """As a layer, and as what a harmless layer's argument is made of."""
    gadget: dict[str, Any] = (
        {"module": "builtins", "class_name": "function", "config": name, "registered_name": f"{module}.{name}"}
        if kind == "function"
        else {"module": module, "class_name": name, "config": {}, "registered_name": name}
    )
    for layers in ([INPUT, gadget], [INPUT, layer_of("Dense", name="dense", units=2, activation=gadget)]):
        assert _refused(archive(config_of(*layers)), tmp_path).rule == "model.config"


@pytest.mark.parametrize(
    ("class_name", "config"),
    [
        ("StringLookup", {"vocabulary": "/etc/passwd"}),  # CVE-2025-12058: reads a file, or asks an address
        ("IntegerLookup", {"vocabulary": "http://127.0.0.1/"}),
        ("TextVectorization", {"vocabulary": "/etc/passwd"}),
        ("TorchModuleWrapper", {"module": "gASVAA=="}),  # CVE-2025-49655: unpickles its argument
        ("TFSMLayer", {"filepath": "/model"}),  # loads a program of TensorFlow's
        ("JaxLayer", {"call_fn": None}),
        ("FlaxLayer", {"module": None}),
        ("Discretization", {"bin_boundaries": []}),
        ("RandomFlip", {"mode": "horizontal"}),
    ],
)
def test_a_layer_that_reads_or_runs_is_not_on_the_lists(tmp_path: Path, class_name: str, config: Any) -> None:
    """Whatever its arguments are."""
    attack = archive(config_of(INPUT, layer_of(class_name, name="l", **config), DENSE))
    assert _refused(attack, tmp_path).rule == "model.config"


def test_a_registered_name_is_no_way_around(tmp_path: Path) -> None:
    """Keras looks a custom name up before it looks at the module."""
    attack = config_of(INPUT, DENSE | {"registered_name": "package>Custom"})
    assert _refused(archive(attack), tmp_path).rule == "model.config"


@pytest.mark.parametrize(
    "nested", ["compile_config", "build_config", "optimizer", "loss"], ids=lambda name: f"in {name}"
)
def test_an_object_anywhere_is_looked_at(tmp_path: Path, nested: str) -> None:
    """Not only where layers usually are."""
    gadget = {"module": "os", "class_name": "system", "config": {"command": "true"}, "registered_name": None}
    inner = layer_of("Dense", name="dense", units=2) | {nested: {"any": [gadget]}}
    assert _refused(archive(config_of(INPUT, inner)), tmp_path).rule == "model.config"


def test_a_legacy_file_with_code_in_its_attributes_is_refused(tmp_path: Path) -> None:
    """CVE-2025-9905: whole models in HDF5 have their configuration there, and no guard. Attributes are never read."""

    def write(file: h5py.File) -> None:
        file.attrs["model_config"] = '{"class_name": "Sequential", "config": {"layers": [{"class_name": "Lambda"}]}}'
        file.create_group("model_weights/dense/dense")["kernel:0"] = np.zeros((4, 2), np.float32)

    refusal = _refused(hdf5(write), tmp_path)
    assert refusal.rule == "model.hdf5"
    assert "Keras 3" in str(refusal)


@pytest.mark.parametrize("protocol", range(2, 6))
def test_a_pickle_is_refused_and_not_loaded(tmp_path: Path, protocol: int) -> None:
    """By its first bytes."""
    assert _refused(pickle.dumps({"weights": [1.0]}, protocol), tmp_path).rule == "model.pickle"


def test_a_file_of_pytorch_is_refused(tmp_path: Path) -> None:
    """A zip with a pickle in it."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        packed.writestr("archive/data.pkl", pickle.dumps({}))
    assert _refused(content.getvalue(), tmp_path).rule == "model.archive"


def test_a_tar_is_refused_and_not_unpacked(tmp_path: Path) -> None:
    """CVE-2025-12060, CVE-2025-12638 and the path traversals after them: a member that leaves the folder."""
    content = BytesIO()
    with tarfile.open(fileobj=content, mode="w") as packed:
        packed.addfile(tarfile.TarInfo("../marker"), BytesIO())
    assert _refused(content.getvalue(), tmp_path).rule == "model.format"
    assert not (tmp_path.parent / "marker").exists()


@pytest.mark.parametrize("name", ["../marker", "/marker", "assets/../../marker"])
def test_a_member_that_leads_out_of_the_archive_is_refused(tmp_path: Path, name: str) -> None:
    """No member is written under a name of its own, either."""
    assert _refused(archive(more={name: b"harm"}), tmp_path).rule == "archive.traversal"


@pytest.mark.parametrize("name", ["assets/vocabulary.txt", "model.weights.json", "extra.py"])
def test_a_member_that_no_network_of_images_needs_is_refused(tmp_path: Path, name: str) -> None:
    """Assets belong to layers that read files."""
    assert _refused(archive(more={name: b"x"}), tmp_path).rule == "model.archive"


def test_weights_that_unpack_to_far_more_than_they_take_are_a_bomb(tmp_path: Path) -> None:
    """A zip bomb in the place of the weights."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("config.json", "{}")
        packed.writestr("model.weights.h5", bytes(64 << 20))
    assert _refused(content.getvalue(), tmp_path).rule == "archive.bomb"


def _in_another_file(folder: Path) -> Path:
    """A file that the attacker wants to have read."""
    other = folder / "secret.h5"
    with h5py.File(other, "w") as file:
        write_dense(file)
    return other


def _external_link(file: h5py.File, other: Path) -> None:
    file["layers"] = h5py.ExternalLink(str(other), "/layers")


def _soft_link(file: h5py.File, _other: Path) -> None:
    file.create_group("a/vars")["0"] = np.zeros(2, np.float32)
    file["layers"] = h5py.SoftLink("/a")


def _hard_link_in_a_circle(file: h5py.File, _other: Path) -> None:
    group = file.create_group("layers")
    group["again"] = group


def _external_storage(file: h5py.File, other: Path) -> None:
    group = file.create_group("layers/dense/vars")
    group.create_dataset("0", (4, 2), np.float32, external=[(str(other), 0, 32)])


def _virtual_dataset(file: h5py.File, other: Path) -> None:
    layout = h5py.VirtualLayout((4, 2), np.float32)
    layout[:] = h5py.VirtualSource(str(other), "layers/dense/vars/0", (4, 2))
    file.create_group("layers/dense/vars").create_virtual_dataset("0", layout)


def _unknown_filter(file: h5py.File, _other: Path) -> None:
    created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    created.set_chunk((4, 2))
    created.set_filter(32_000, h5py.h5z.FLAG_OPTIONAL, (0,))  # LZF: one of those that a library is looked up for
    group = file.create_group("layers/dense/vars")
    space = h5py.h5s.create_simple((4, 2))
    h5py.h5d.create(group.id, b"0", h5py.h5t.NATIVE_FLOAT, space, created)


def _texts(file: h5py.File, _other: Path) -> None:
    file.create_group("layers/dense/vars")["0"] = ["text"]


def _references(file: h5py.File, _other: Path) -> None:
    group = file.create_group("layers/dense/vars")
    group.create_dataset("0", (1,), h5py.ref_dtype)


def _named_type(file: h5py.File, _other: Path) -> None:
    file["layers"] = np.dtype("f4")


def _shape_that_is_not_stored(file: h5py.File, _other: Path) -> None:
    group = file.create_group("layers/dense/vars")  # CVE-2026-0897: a terabyte of which nothing is in the file
    group.create_dataset("0", (1 << 19, 1 << 19), np.float32, chunks=(64, 64))


def _shape_that_is_packed_well(file: h5py.File, _other: Path) -> None:
    group = file.create_group("layers/dense/vars")
    group.create_dataset("0", (1 << 19, 1 << 19), np.float32, chunks=(64, 64), compression="gzip")
    group["0"][:64, :64] = 1


@pytest.mark.parametrize(
    ("write", "rule"),
    [
        (_external_link, "model.hdf5_link"),  # CVE-2026-1669
        (_soft_link, "model.hdf5_link"),
        (_hard_link_in_a_circle, "model.hdf5_link"),
        (_external_storage, "model.hdf5_storage"),  # CVE-2026-1669
        (_virtual_dataset, "model.hdf5_storage"),
        (_unknown_filter, "model.hdf5_filter"),
        (_texts, "model.hdf5_type"),
        (_references, "model.hdf5_type"),
        (_named_type, "model.hdf5_type"),
        (_shape_that_is_not_stored, "model.hdf5_size"),
        (_shape_that_is_packed_well, "model.hdf5_size"),
    ],
)
@pytest.mark.parametrize("packed", [True, False], ids=["in a .keras file", "alone"])
def test_hdf5_that_is_more_than_arrays_is_refused(
    tmp_path: Path, write: Callable[[h5py.File, Path], None], rule: str, packed: bool
) -> None:
    """Before a value of it is read, so that what lies in other files stays there."""
    other = _in_another_file(tmp_path)
    weights = hdf5(lambda file: write(file, other))
    assert _refused(archive(weights=weights) if packed else weights, tmp_path).rule == rule


def test_the_links_would_do_harm(tmp_path: Path) -> None:
    """The attack is one: whoever just asks the file for its weights gets another file's."""
    other, attack = _in_another_file(tmp_path), tmp_path / "attack.h5"
    with h5py.File(attack, "w") as file:
        _external_link(file, other)
    with h5py.File(attack) as file:
        assert file["layers/dense/vars/0"].shape == (4, 2)


def test_many_arrays_are_counted_together(tmp_path: Path) -> None:
    """Each below the bound, all together above it."""

    def write(file: h5py.File) -> None:
        for number in range(8):
            file.create_group(f"layers/dense_{number}/vars")["0"] = np.zeros(1000, np.float32)

    assert _refused(hdf5(write), tmp_path, max_unpacked_bytes=31_000).rule == "model.hdf5_size"
    assert read(hdf5(write), tmp_path, max_unpacked_bytes=32_000).by_path is not None


@pytest.mark.parametrize("cut", [16, 500, 1500])
def test_a_damaged_file_is_a_refusal(tmp_path: Path, cut: int) -> None:
    """And no error of a library."""
    assert _refused(hdf5()[:cut], tmp_path).rule == "model.hdf5"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b'{"class_name": NaN}',
        b"\xff",
        b"[" * 100_000,
        b'{"class_name": "Sequential", "config": 1e999}',
    ],
)
def test_a_configuration_that_is_no_json_object_of_a_model_is_refused(content: bytes) -> None:
    """Deep nesting included, which ends many a parser."""
    with pytest.raises(ModelFileError):
        read_config(content)


def _safetensors(header: bytes, data: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header)) + header + data


@pytest.mark.parametrize(
    "content",
    [
        _safetensors(b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}', bytes(12)),
        _safetensors(b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,12]}}', bytes(12)),
        _safetensors(b'{"a":{"dtype":"F32","shape":[-1,-4],"data_offsets":[0,16]}}', bytes(16)),
        _safetensors(b'{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}', b"x"),
        _safetensors(b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}', bytes(16)),
        _safetensors(
            b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],'
            b'"data_offsets":[4,12]}}',
            bytes(12),
        ),
        _safetensors(b'{"a":{"dtype":"OBJECT","shape":[2],"data_offsets":[0,8]}}', bytes(8)),
        _safetensors(b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}}', bytes(8)),
        _safetensors(b'{"__metadata__":{"a":1}}', b"x"),
        _safetensors(b"{]", b"x"),
        struct.pack("<Q", 5) + b"{}xxxx",
    ],
)
def test_a_header_of_safetensors_that_lies_is_refused(tmp_path: Path, content: bytes) -> None:
    """Shapes, offsets and types have to say together what lies in the file."""
    assert _refused(content, tmp_path).rule == "model.safetensors"


@pytest.mark.parametrize("content", [b"", b"x", bytes(100), struct.pack("<Q", 2**63) + b"{}", b"\x89PNG\r\n"])
def test_what_is_of_no_known_format_is_refused(tmp_path: Path, content: bytes) -> None:
    """By its bytes, whatever it is called."""
    assert _refused(content, tmp_path).rule == "model.format"
