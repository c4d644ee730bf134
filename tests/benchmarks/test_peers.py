"""Other libraries take their turns in a process of their own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from benchmarks.augmenting.cases import Case
from benchmarks.augmenting.peers.process import PYTHON, Peers, require_batch
from tests.augury.exports import peers as environment

CASE = Case("appropriate", "28x28x1", batch=4)


@pytest.fixture(scope="module")
def peers() -> Iterator[Peers]:
    """Whatever ``make peers`` and ``make peers-torch`` have installed, in one process, as loading takes long."""
    environment.require("albumentations")
    with Peers(PYTHON) as found:
        yield found


@pytest.fixture(scope="module")
def nobody() -> Iterator[Peers]:
    """An interpreter without the libraries: this one."""
    with Peers(Path(sys.executable)) as found:
        yield found


def _images(case: Case) -> npt.NDArray[np.generic]:
    return np.random.default_rng(0).integers(0, 256, (2 * case.batch, *case.shape), np.uint8).astype(case.kind)


def test_an_interpreter_without_the_libraries_has_no_engine(nobody: Peers) -> None:
    """What there is to be measured is measured without."""
    assert nobody.versions == {}
    assert nobody.runners(CASE, _images(CASE)) == {}


@pytest.mark.parametrize("size", ["28x28x1", "96x96x3"])
@pytest.mark.parametrize("kind", ["uint8", "float32"])
@pytest.mark.parametrize("spec", ["appropriate", "over", "targeted"])
def test_albumentations_takes_turns_with_every_spec(peers: Peers, spec: str, kind: str, size: str) -> None:
    """Whole batches, and time of its own process."""
    case = Case(spec, size, kind, batch=4)
    turn = peers.runners(case, _images(case))["albumentations"](0.0)
    assert turn.images == 4
    assert turn.processor > 0


@pytest.mark.parametrize("spec", ["appropriate", "over", "targeted"])
def test_torchvision_takes_turns_with_every_spec_and_with_pillow_on_8_bits(peers: Peers, spec: str) -> None:
    """Where it is installed."""
    environment.require("torchvision")
    of_8_bits, of_floats = Case(spec, "28x28x1", batch=4), Case(spec, "96x96x3", "float32", batch=4)
    runners = peers.runners(of_8_bits, _images(of_8_bits))
    assert [runners[name](0.0).images for name in ("torchvision", "torchvision, Pillow")] == [4, 4]
    assert "torchvision, Pillow" not in peers.runners(of_floats, _images(of_floats))


@pytest.mark.parametrize(("shape", "kind"), [([4, 28, 28, 1], "float64"), ([4, 28, 28, 3], "float32")])
def test_batches_of_something_else_are_not_compared(shape: list[int], kind: str) -> None:
    """Doubles take more time, and other shapes another; the order of axes is the library's."""
    require_batch("peer", {"shape": [4, 1, 28, 28], "kind": "float32"}, CASE)
    with pytest.raises(ValueError, match="peer makes"):
        require_batch("peer", {"shape": shape, "kind": kind}, CASE)


def test_a_process_that_ends_is_told() -> None:
    """By what it was asked last, rather than by an answer that never comes."""
    with Peers(Path(sys.executable)) as found, pytest.raises(RuntimeError, match="ended at"):
        found.turn("nothing", 0.0)
