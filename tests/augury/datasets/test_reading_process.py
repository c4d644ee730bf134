"""The process that reads a dataset: how much it may take."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from augury.datasets.errors import DatasetError
from augury.datasets.protocol import Task
from augury.datasets.reading_process import read_in_process
from augury.datasets.settings import IngestSettings


class _Patient:
    """Lets it go on to its end."""

    def raise_if_cancelled(self) -> None:
        """Never."""

    def report_progress(self, **_progress: object) -> None:
        """Nobody looks."""


def _read(folder: Path, labels: np.ndarray, max_memory_bytes: int) -> list[str]:
    folder.mkdir()
    np.savez_compressed(folder / "a.npz", x=np.zeros((len(labels), 2, 2), np.uint8), y=labels)
    (folder / "work").mkdir()
    limits = IngestSettings(roots=[folder], max_memory_bytes=max_memory_bytes, max_ratio=1e6)
    reference = {"kind": "path", "path": str(folder / "a.npz")}
    return list(read_in_process(Task(reference, folder / "work", limits), _Patient()).facts.classes)  # type: ignore[arg-type]


def test_the_memory_limit_holds_for_the_process_that_reads(tmp_path: Path) -> None:
    """Labels that unpack to gigabytes are refused by the variable's name; small ones are read."""
    assert _read(tmp_path / "small", np.array(["a", "b"] * 5), 1 << 29) == ["a", "b"]
    with pytest.raises(DatasetError, match="AUGURY_INGEST_MAX_MEMORY_BYTES") as refusal:
        _read(tmp_path / "large", np.array(["a" * 100, "b"] * 1_000_000), 1 << 29)
    assert refusal.value.rule == "ingest.memory"
