"""References keep their identity: what was written before a field was added has the same digest after it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from api_schemas.datasets.references import DatasetReference
from augury.planning.canonical import digest

REFERENCES: TypeAdapter[Any] = TypeAdapter(DatasetReference)
PATH = {"kind": "path", "path": "/data/flowers"}
BEFORE_BACKGROUNDS = {
    "15bb66a5f7852f8f7551f79fe79f12109a78548ddeaea27c99fc0f50e1dddad1": {
        "kind": "upload", "sha256": "a" * 64, "image_size": [64, 48], "resize": "crop",
    },
    "fd98c321edddf8c91e6571722297fd9f06946c847dfd5ccf594b5476dde288b2": {
        "kind": "huggingface", "repository": "ylecun/mnist",
    },
    "a5722945db0ec28f5334e1f078d02187ed2564ab038ad60b63c6f6d230503850": {**PATH, "columns": {"label": "species"}},
}  # fmt: skip


@pytest.mark.parametrize("stored", BEFORE_BACKGROUNDS)
def test_references_without_a_background_have_the_digest_that_they_had(stored: str) -> None:
    """So that nothing is read again that was read before there were backgrounds."""
    reference = REFERENCES.validate_python(BEFORE_BACKGROUNDS[stored])
    assert digest(reference.model_dump(mode="json")) == stored


@pytest.mark.parametrize("background", ["white", "black", [0, 128, 255]])
def test_a_background_is_a_part_of_the_reference(background: Any) -> None:
    """Another background is another dataset."""
    reference = REFERENCES.validate_python({**PATH, "background": background}).model_dump(mode="json")
    assert reference["background"] == background
    assert digest(reference) != digest(REFERENCES.validate_python(PATH).model_dump(mode="json"))


@pytest.mark.parametrize("background", ["pink", [0, 0], [0, 0, 256], [0.5, 0, 0], "0,0,0"])
def test_other_backgrounds_are_refused(background: Any) -> None:
    """Names that nobody knows, too few levels, or levels out of range."""
    with pytest.raises(ValidationError):
        REFERENCES.validate_python({**PATH, "background": background})


def test_a_layout_that_is_taken_by_itself_changes_no_digest() -> None:
    """Nor do columns that name neither a directory nor an extension; others are stored, and another dataset."""
    before = "a5722945db0ec28f5334e1f078d02187ed2564ab038ad60b63c6f6d230503850"
    columns = {"label": "species"}
    reference = REFERENCES.validate_python({**PATH, "columns": columns, "layout": "auto"})
    assert digest(reference.model_dump(mode="json")) == before
    columns |= {"directory": "train", "extension": ".jpg"}
    stored = REFERENCES.validate_python({**PATH, "columns": columns, "layout": "pooled"}).model_dump(mode="json")
    assert stored["layout"] == "pooled"
    assert columns.items() <= stored["columns"].items()
    assert REFERENCES.validate_python(stored).model_dump(mode="json") == stored
