"""Random bytes are given out once, wherever they are asked for."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from store.randomness import random_bytes


@given(st.lists(st.integers(0, 5000), max_size=20))
def test_there_are_as_many_as_asked_for(counts: list[int]) -> None:
    """Also where more are asked for than are drawn at once."""
    assert [len(random_bytes(count)) for count in counts] == counts


def test_threads_get_different_ones() -> None:
    """All of them at the same time."""
    with ThreadPoolExecutor(4) as threads:
        given_out = list(threads.map(lambda _: random_bytes(16), range(4000)))
    assert len(set(given_out)) == 4000


def test_a_forked_process_gets_others_than_its_parent() -> None:
    """What the parent has drawn and not used yet is in the memory of both."""
    random_bytes(1)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, random_bytes(16))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 16) != random_bytes(16)
    os.close(reading)
    os.close(writing)
