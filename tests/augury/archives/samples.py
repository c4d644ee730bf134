"""Small augmentation jobs for tests: a real snapshot, real parts, and someone who watches."""

from __future__ import annotations

from typing import Any

import numpy as np

from api_schemas.jobs import AugmentationRequest
from augury.archives.assembly import assemble
from augury.archives.layout import Layout
from augury.archives.parts import make_part
from augury.datasets.snapshot import Snapshot
from augury.planning.augmentation import plan_augmentation
from store.files.artifacts import Artifacts
from store.files.snapshots import load_snapshot
from tests.store.snapshots import store_snapshot

SPEC = {"rotation_range": 20, "width_shift_range": 0.2, "horizontal_flip": True, "rescale": 1 / 255}


class Onlooker:
    """Keeps what it hears of, and ends the work when it is told to."""

    def __init__(self, patience: int | None = None) -> None:
        self.done: list[int] = []
        self._patience = patience

    def report_progress(self, **progress: Any) -> None:
        """Hear of progress."""
        self.done.append(progress["done"])

    def raise_if_cancelled(self) -> None:
        """Raise once the patience is over."""
        if self._patience is not None and len(self.done) >= self._patience:
            raise InterruptedError


def body(**changes: Any) -> dict[str, Any]:
    """A request as a client sends it."""
    dataset = {"kind": "builtin", "name": "digits"}
    return {"kind": "augmentation", "dataset": dataset, "spec": SPEC, "seed": 3, **changes}


def snapshot(images: int = 12, *, shape: tuple[int, int, int] = (8, 6, 1), dtype: str = "uint8") -> Snapshot:
    """Noise with three classes, one of which has an awkward name."""
    generator = np.random.default_rng(0)
    top = 1 if dtype == "float32" else np.iinfo(dtype).max
    pixels = (generator.random((images, *shape)) * top).astype(dtype)
    return Snapshot(pixels, np.arange(images, dtype=np.int64) % 3, ["cat", "../dog", "Ω"])


def layout(artifacts: Artifacts, source: Snapshot | None = None, per_chunk: int = 5, **changes: Any) -> Layout:
    """The layout of a job on a stored snapshot, cut into small chunks."""
    source = source or snapshot()
    request = AugmentationRequest.model_validate(body(**changes))
    plan = plan_augmentation(request, source.facts())
    assert plan.source_images is not None
    chunks = -(-plan.source_images // per_chunk) * plan.passes
    plan = plan.model_copy(update={"images_per_chunk": per_chunk, "chunks": chunks})
    return Layout("jobs/job_1", store_snapshot(artifacts, source), source.facts(), request, plan)


def make_all(artifacts: Artifacts, job: Layout) -> dict[str, Any]:
    """Make every part, and put them together."""
    for span in job.spans:
        make_part(artifacts, load_snapshot(artifacts, job.digest), job, span, Onlooker())
    return assemble(artifacts, job, Onlooker())
