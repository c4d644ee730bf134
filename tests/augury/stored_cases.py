"""The small datasets in ``tests/fixtures/cases``, read as a service reads them."""

from __future__ import annotations

import shutil
from pathlib import Path

from augury.datasets.snapshot_builder import AssembledSnapshot
from tests.augury.datasets.makers import read

CASES = Path(__file__).parents[1] / "fixtures" / "cases"


def read_case(name: str, folder: Path) -> AssembledSnapshot:
    """The snapshot of one of the cases, made below *folder*."""
    return read(Path(shutil.copy(CASES / name, folder)))
