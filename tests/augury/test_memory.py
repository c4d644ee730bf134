"""How much memory this process holds, and has held."""

from __future__ import annotations

import gc
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from augury.memory import available_bytes, few_heaps, forget_peak, keep_from_collection, no_collection, peak_bytes

LARGE = 200_000_000

HEAPS_OF_EIGHT_THREADS = """
import ctypes, sys, threading
from augury.memory import use_few_heaps
if sys.argv[1] == "few":
    print(use_few_heaps())
barrier = threading.Barrier(8)
def work():
    held = [bytes(10_000) for _ in range(20)]
    barrier.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


def _heaps(how: str, file: Path, **variables: str) -> tuple[str, int]:
    command = [sys.executable, "-c", HEAPS_OF_EIGHT_THREADS, how, str(file)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | variables)
    return done.stdout.strip(), file.read_text().count("<heap ")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has no such heaps")
def test_threads_share_two_heaps_where_they_are_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And have more of them by themselves, or as the environment says."""
    for name in [name for name in os.environ if name.startswith("MALLOC_")]:
        monkeypatch.delenv(name)
    assert _heaps("few", tmp_path / "few") == ("True", 2)
    assert _heaps("many", tmp_path / "many")[1] > 2
    said, count = _heaps("few", tmp_path / "set", MALLOC_ARENA_MAX="5")
    assert (said, count > 2) == ("False", True)
    assert _heaps("many", tmp_path / "variables", **few_heaps())[1] == 2


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="the system keeps the peak of all time")
def test_a_peak_is_that_since_it_was_last_forgotten() -> None:
    """What was held before and given back is not counted to what comes after."""
    held = b"\1" * LARGE
    with_it = peak_bytes()
    del held
    forget_peak()
    without_it = peak_bytes()
    assert with_it is not None
    assert without_it is not None
    assert without_it < with_it - LARGE / 2


def test_what_is_left_is_some_of_what_there_is() -> None:
    """More than nothing, where the system says how much."""
    left = available_bytes()
    assert left is None or left > 0


def test_what_is_there_before_a_fork_is_not_looked_through_again() -> None:
    """Garbage is collected first; what comes later is looked after as ever."""
    before = gc.get_freeze_count()
    long_lived = [[] for _ in range(10)]  # type: ignore[var-annotated]
    try:
        keep_from_collection()
        assert gc.get_freeze_count() >= before + 11
        later: list[object] = []
        watched = {id(each) for each in gc.get_objects()}
        assert id(later) in watched
        assert not watched & {id(long_lived), *map(id, long_lived)}
    finally:
        gc.unfreeze()


def _load_what_is_missing() -> None:
    with no_collection():
        assert not gc.isenabled()
        raise ModuleNotFoundError


@pytest.mark.parametrize("is_enabled", [True, False], ids=["on", "off"])
def test_what_is_loaded_without_collection_leaves_it_as_it_was(is_enabled: bool) -> None:
    """On or off, and also where a library cannot be imported."""
    was_enabled = gc.isenabled()
    try:
        (gc.enable if is_enabled else gc.disable)()
        with pytest.raises(ModuleNotFoundError):
            _load_what_is_missing()
        assert gc.isenabled() == is_enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()
