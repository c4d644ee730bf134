"""How an augmentation is cut into chunks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import AugmentationRequest
from augury.planning.augmentation import (
    MAX_BYTES_PER_CHUNK,
    MAX_IMAGES_PER_CHUNK,
    chunk_spans,
    format_problem,
    output_problem,
    plan_augmentation,
    sources_of,
    splits_problem,
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


SPLITS = {"train": {"a": 6, "b": 4}, "test": {"a": 2, "b": 1}}


@pytest.mark.parametrize(
    ("asked", "splits", "images", "left_out"),
    [
        (None, ["train"], 10, {"test": 3, "in no split": 2}),
        (["test"], ["test"], 3, {"train": 10, "in no split": 2}),
        (["test", "train"], ["train", "test"], 13, {"in no split": 2}),
    ],
)
def test_splits_are_augmented_as_asked_and_train_alone_by_default(
    asked: list[str] | None, splits: list[str], images: int, left_out: dict[str, int]
) -> None:
    """The plan counts only these, and says what it leaves out."""
    facts = _facts(15).model_copy(update={"splits": SPLITS})
    plan = plan_augmentation(_request(splits=asked, rounds=2), facts)
    assert (plan.splits, plan.source_images, plan.images, plan.left_out) == (splits, images, 2 * images, left_out)
    assert f"only the {images} images" in plan.warnings[0]


@pytest.mark.parametrize(
    ("asked", "there", "word"),
    [
        (None, SPLITS, None),
        (["test"], SPLITS, None),
        (["validation"], SPLITS, "'validation'"),
        (None, {"test": {"a": 1}}, "'test' (1 images)"),
        (["train"], {}, "no fixed splits"),
        (None, {}, None),
    ],
)
def test_a_split_that_is_not_there_cannot_be_augmented(
    asked: list[str] | None, there: dict[str, dict[str, int]], word: str | None
) -> None:
    """And those that are there are named."""
    problem = splits_problem(_request(splits=asked), _facts(15).model_copy(update={"splits": there}))
    assert (problem is None) == (word is None)
    assert word is None or word in (problem or "")


@pytest.mark.parametrize("splits", [[], ["train", "train"], ["dev"]])
def test_splits_are_names_and_each_is_named_once(splits: list[str]) -> None:
    """Anything else is refused before a dataset is looked at."""
    with pytest.raises(ValidationError):
        _request(splits=splits)


@pytest.mark.parametrize(
    ("form", "dtype", "per_value"), [("zip", "uint8", 1), ("tar", "uint16", 2), ("npz", "uint8", 4)]
)
def test_an_archive_is_bounded_by_what_its_images_come_to(form: str, dtype: str, per_value: int) -> None:
    """All rounds of all images, before compression; npz holds floats."""
    request, facts = _request(rounds=3, format=form), _facts(10, (8, 8, 1), dtype)
    size = 3 * 10 * 64 * per_value
    assert output_problem(request, facts, size) is None
    problem = output_problem(request, facts, size - 1)
    assert problem is not None
    assert f"30 augmented images come to {size:,} bytes, and the limit is {size - 1:,}" in problem
