"""The guide has the strengths that the code has."""

from __future__ import annotations

import re

import pytest

from api_schemas.training.conditions import CONDITION_NAMES, ConditionName
from augury.conditions.changes import CHANGES
from tests.test_architecture import ROOT

GUIDE = (ROOT / "docs" / "conditions.md").read_text()


@pytest.mark.parametrize("name", CONDITION_NAMES)
def test_the_guide_has_the_strengths_of_every_change(name: ConditionName) -> None:
    """In its table, from 1 to 5."""
    row = re.search(rf"^\| `{name}` \| ([^|]+) \|", GUIDE, re.MULTILINE)
    assert row is not None
    assert tuple(map(float, row.group(1).split(", "))) == CHANGES[name].amounts
