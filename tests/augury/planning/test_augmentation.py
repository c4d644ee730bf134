"""How an augmentation is cut into chunks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import AugmentationRequest
from augury.planning.augmentation import (
    MAX_BYTES_PER_CHUNK,
    MAX_IMAGES_PER_CHUNK,
    chunk_spans,
    format_problem,
    plan_augmentation,
    sources_of,
)
from tests.store.databases import DIGITS, FACTS


def _request(**changes: object) -> AugmentationRequest:
    return AugmentationRequest.model_validate({"kind": "augmentation", "dataset": DIGITS, "spec": {}, **changes})


def _facts(images: int, shape: tuple[int, int, int] = (8, 8, 1), dtype: str = "uint8") -> DatasetFacts:
    return FACTS.model_copy(update={"images": images, "shape": shape, "dtype": dtype})


@given(
    images=st.integers(1, 5000), rounds=st.integers(1, 5), originals=st.booleans(), side=st.sampled_from([1, 28, 2000])
)
def test_chunks_cover_every_image_of_every_pass_once_and_are_bounded(
    images: int, rounds: int, originals: bool, side: int
) -> None:
    """In order, without gaps, none across two passes, none larger than allowed."""
    request, facts = _request(rounds=rounds, include_originals=originals), _facts(images, (side, side, 3))
    plan = plan_augmentation(request, facts)
    cut = list(chunk_spans(plan))
    assert len(cut) == plan.chunks
    assert [span.number for span in cut] == [*range(len(cut))]
    covered = [
        (-1 if sources.round is None else sources.round, source)
        for sources in (sources_of(request, images, span) for span in cut)
        for source in range(sources.start, sources.stop)
    ]
    assert covered == [(number, source) for number in range(-originals, rounds) for source in range(images)]
    for span in cut:
        assert span.images <= MAX_IMAGES_PER_CHUNK
        assert span.images == 1 or span.images * side * side * 3 * 4 <= MAX_BYTES_PER_CHUNK


def test_a_plan_without_a_known_dataset_tells_the_passes_only() -> None:
    """The rest is known when the dataset is."""
    plan = plan_augmentation(_request(rounds=3, include_originals=True), None)
    assert (plan.passes, plan.images, plan.chunks) == (4, None, None)


@pytest.mark.parametrize(
    ("archive_format", "channels", "dtype", "is_possible"),
    [
        ("zip", 1, "uint8", True),
        ("zip", 3, "uint8", True),
        ("tar", 4, "uint8", True),
        ("zip", 2, "uint8", False),
        ("zip", 1, "uint16", True),
        ("tar", 3, "uint16", False),
        ("zip", 1, "float32", False),
        ("npz", 7, "float32", True),
    ],
)
def test_what_a_png_cannot_hold_without_loss_is_refused(
    archive_format: str, channels: int, dtype: str, is_possible: bool
) -> None:
    """And the format that can is named."""
    problem = format_problem(_request(format=archive_format), _facts(10, (8, 8, channels), dtype))
    assert (problem is None) is is_possible
    assert problem is None or problem.endswith("npz can")
