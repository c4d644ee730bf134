"""References: what is stored of one, by which its dataset is found again."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from api_schemas.datasets.references import DatasetReference
from augury.planning.canonical import digest

_REFERENCE: TypeAdapter[DatasetReference] = TypeAdapter(DatasetReference)
STORED_BEFORE: dict[str, dict[str, Any]] = {
    "40eb1000ca6bf5f700f4a612a6e05a7b9010503673e9497bd0c173ec2b2cc86e": {
        "kind": "upload",
        "sha256": "0" * 64,
        "image_size": [32, 32],
    },
    "5a136a514f09aab73db4ca47e65647a0df5ba20a221fa57bc24718a0ba860c08": {
        "kind": "path",
        "path": "/data/flowers",
        "columns": {"label": "y"},
    },
}


def stored(reference: dict[str, Any]) -> dict[str, Any]:
    """A reference as a dataset's row has it."""
    form: dict[str, Any] = _REFERENCE.validate_python(reference).model_dump(mode="json")
    return form


@pytest.mark.parametrize("before", STORED_BEFORE)
def test_a_reference_from_before_there_were_more_options_finds_its_dataset(before: str) -> None:
    """Its digest is what it was; saying what happens by default changes nothing."""
    reference = STORED_BEFORE[before]
    assert digest(stored(reference)) == before
    assert digest(stored({**reference, "layout": "auto"})) == before


def test_options_that_are_used_are_stored() -> None:
    """Another layout is another dataset."""
    columns = {"directory": "train", "extension": ".jpg"}
    form = stored({"kind": "path", "path": "/data", "layout": "pooled", "columns": columns})
    assert form["layout"] == "pooled"
    assert columns.items() <= form["columns"].items()
    assert _REFERENCE.validate_python(form).model_dump(mode="json") == form
