"""Equal values have equal digests."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.planning.canonical import canonical_json, digest

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _reversed(inner) for key, inner in reversed(value.items())}
    return [_reversed(inner) for inner in value] if isinstance(value, list) else value


@given(VALUES)
def test_the_order_of_keys_does_not_change_a_digest(value: Any) -> None:
    """Objects are equal whatever the order of their fields."""
    assert digest(_reversed(value)) == digest(value)


@given(VALUES)
def test_a_value_can_be_read_back_from_its_canonical_form(value: Any) -> None:
    """Nothing is lost, so different values have different forms; the form itself is plain ASCII."""
    text = canonical_json(value)
    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text
    assert text.isascii()


def test_the_digest_of_a_value_never_changes_between_versions() -> None:
    """Stored keys would lose their trials, so the form of one value is pinned."""
    assert canonical_json({"b": [1, 1.0, None], "a": "ä"}) == '{"a":"\\u00e4","b":[1,1.0,null]}'
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


def test_an_integer_and_a_float_are_different_values() -> None:
    """For Keras a shift of 1 and one of 1.0 are different things."""
    assert digest({"width_shift_range": 1}) != digest({"width_shift_range": 1.0})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_json_cannot_say_has_no_digest(value: float) -> None:
    """NaN and infinities raise instead of making a document that nobody can read."""
    with pytest.raises(ValueError, match="JSON compliant"):
        digest({"loss": [value]})
