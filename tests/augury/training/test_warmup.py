"""Keras is imported without what it loads for conveniences; that of a running worker is looked at end to end."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from augury.training.warmup import choose_kernels, choose_of_jax, hidden


def test_what_is_hidden_is_not_found_and_found_again_afterwards() -> None:
    """Even where the import that it is hidden from fails."""
    sys.modules.pop("this", None)
    with pytest.raises(ModuleNotFoundError), hidden(("this", "never_heard_of")):
        importlib.import_module("this")
    assert {"this", "never_heard_of"}.isdisjoint(sys.modules)
    assert importlib.import_module("this")


def test_what_is_imported_already_stays() -> None:
    """Two copies of a library in one process would be strangers to each other."""
    with hidden(("json",)):
        assert importlib.import_module("json") is sys.modules["json"] is not None
    assert sys.modules["json"] is not None


def test_who_has_chosen_kernels_is_heard() -> None:
    """An operator may want those that other machines have, and what nobody has said is set."""
    environment = {"TF_ENABLE_ONEDNN_OPTS": "0"}
    choose_kernels(environment)
    assert environment["TF_ENABLE_ONEDNN_OPTS"] == "0"
    assert environment["TF_MKL_OPTIMIZE_PRIMITIVE_MEMUSE"] == "false"


def test_a_process_that_trains_computes_with_onednn() -> None:
    """What TensorFlow makes of a convolution says so: a setting that came after its import would change nothing."""
    program = """
from augury.training.warmup import load
load("tensorflow")
import tensorflow
from tensorflow.python.eager import context  # the graphs that are run are shown nowhere else
convolve = tensorflow.function(lambda images, kernel: tensorflow.nn.conv2d(images, kernel, 1, "SAME"))
context.context().enable_graph_collection()
convolve(tensorflow.ones((4, 8, 8, 3)), tensorflow.ones((3, 3, 3, 8)))
run = context.context().export_run_metadata()
graphs = (graph for function in run.function_graphs for graph in function.partition_graphs)
print(any(node.op.startswith("_MklNative") for graph in graphs for node in graph.node))
"""
    environment = {name: value for name, value in os.environ.items() if name != "TF_ENABLE_ONEDNN_OPTS"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True, timeout=300)
    assert done.stdout.splitlines()[-1] == "True"


def test_an_image_gets_the_same_probabilities_in_every_company() -> None:
    """Whether it is looked at alone, in a batch of training or with all others, up to single precision."""
    from augury.training.networks.builtin import NETWORKS

    images = np.random.default_rng(0).random((40, 8, 8, 1), dtype=np.float32)
    for build in NETWORKS.values():
        model = build(images.shape[1:], 3)
        together = model.predict_on_batch(images)
        alone = np.concatenate([model.predict_on_batch(each[np.newaxis]) for each in images[:4]])
        np.testing.assert_allclose(together[:4], alone, atol=1e-5)


def test_jax_is_told_its_threads_and_whoever_has_said_otherwise_is_heard() -> None:
    """And that a GPU is to give the same every time."""
    environment = {"XLA_FLAGS": "--xla_dump_to=/tmp/dump"}
    choose_of_jax(environment, threads=3)
    assert environment["XLA_FLAGS"] == "--xla_dump_to=/tmp/dump"
    assert environment["NPROC"] == "3"
    assert environment["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"


def test_a_worker_for_jax_forks_before_it_is_imported() -> None:
    """Whose threads would be forked with it; and one that lacks it says what to install."""
    program = """
import sys
from augury.training.warmup import BackendError, load, require_backend
load("jax")
assert {"jax", "keras"}.isdisjoint(sys.modules)
try:
    require_backend("jax")
except BackendError as error:
    print(error)
"""
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True, timeout=300
    )
    assert find_spec("jax") is not None or "install augury[jax]" in done.stdout
