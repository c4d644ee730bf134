"""Memory of batches is used again, and never while somebody has it."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import numpy as np
import pytest

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation import Pipeline
from augury.augmentation.reuse import MAX_BYTES, MIN_BYTES, Reused

FLOATS = np.dtype(np.float32)
LARGE = (MIN_BYTES // 4,)


def _address(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])


def test_an_array_that_nobody_has_is_given_out_again() -> None:
    """The next of its shape and type is in the same place."""
    reused = Reused()
    before = _address(reused.array(LARGE, FLOATS))
    assert _address(reused.array(LARGE, FLOATS)) == before


@pytest.mark.parametrize("hold", [lambda array: array, lambda array: array[5:9].reshape(2, 2), memoryview])
def test_an_array_that_somebody_has_is_not(hold: Callable[[np.ndarray], Any]) -> None:
    """Itself, a view of a view, or a buffer: all of it stays as it is."""
    reused = Reused()
    array = reused.array(LARGE, FLOATS)
    array[:] = 7
    held = hold(array)
    del array
    for _ in range(3):
        reused.array(LARGE, FLOATS)[:] = 0
    assert np.all(np.asarray(held) == 7)


def test_another_shape_or_type_gets_another_array() -> None:
    """Whatever is kept."""
    reused = Reused()
    reused.array(LARGE, FLOATS)
    assert reused.array((*LARGE, 1), FLOATS).shape == (*LARGE, 1)
    assert reused.array((2 * LARGE[0],), np.dtype(np.float16)).dtype == np.float16


@pytest.mark.parametrize("count", [MIN_BYTES // 4 - 1, MAX_BYTES // 4 + 1])
def test_what_is_small_or_huge_is_not_kept(count: int) -> None:
    """Nobody but the caller has it."""
    reused = Reused()
    array, kept = reused.array((count,), FLOATS), reused.array(LARGE, FLOATS)
    assert sys.getrefcount(array) == sys.getrefcount(kept) - 1


def test_no_more_is_kept_than_a_loop_over_batches_has() -> None:
    """The third pushes the first out."""
    reused = Reused()
    given = [reused.array(LARGE, FLOATS) for _ in range(3)]
    first = _address(given[0])
    assert sys.getrefcount(given[0]) < sys.getrefcount(given[2])
    del given
    assert first not in {_address(reused.array(LARGE, FLOATS)) for _ in range(4)}


def test_a_copy_for_another_process_takes_no_memory_along() -> None:
    """Of a pipeline that has made large batches."""
    images = np.zeros((120, 180, 180, 3), np.uint8)
    pipeline = Pipeline(ImageDataGeneratorSpec(horizontal_flip=True))
    pipeline.preprocess(images)
    taken_along = pickle.dumps(pipeline)
    assert len(taken_along) < images.nbytes / 100
    copy = pickle.loads(taken_along)  # noqa: S301  # made above, by nobody else
    np.testing.assert_array_equal(copy.preprocess(images), images)


def test_threads_never_get_the_same_array() -> None:
    """Each writes its own number, and finds it when all have written."""
    reused, count, rounds = Reused(), 4, 25
    barrier, wrong = Barrier(count, timeout=60), []

    def work(number: int) -> None:
        for _ in range(rounds):
            array = reused.array(LARGE, FLOATS)
            array[:8] = number
            barrier.wait()
            if not np.all(array[:8] == number):
                wrong.append(number)
            del array
            barrier.wait()

    threads = [Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_batches_that_are_kept_stay_as_they_are_and_those_dropped_are_used_again() -> None:
    """Of ``flow``, at a size where it pays."""
    images = np.random.default_rng(0).integers(0, 256, (120, 180, 180, 3), np.uint8)
    spec = ImageDataGeneratorSpec(rotation_range=20)
    flow, again = (Pipeline(spec).flow(images, batch_size=120, seed=3) for _ in range(2))
    kept = [next(flow) for _ in range(5)]
    assert len({_address(batch) for batch in kept}) == 5
    places = set()
    for batch in kept:
        fresh = next(again)
        places.add(_address(fresh))
        np.testing.assert_array_equal(fresh, batch)
    assert len(places) < 5  # two, but for a thread that is slow to let go of what it has made
