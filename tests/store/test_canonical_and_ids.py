"""Equal values have equal digests, and ids sort by the time they were made."""

from __future__ import annotations

import json
import math
import re
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.planning.canonical import canonical_json, digest, optional_timestamp, timestamp
from store.ids import new_id, uuid7

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


def test_times_are_written_in_utc_with_milliseconds() -> None:
    """RFC 3339 with a Z, as the interface promises; no time stays no time."""
    assert timestamp(0.5) == "1970-01-01T00:00:00.500Z"
    assert timestamp(1_800_000_000) == "2027-01-15T08:00:00.000Z"
    assert optional_timestamp(None) is None
    assert optional_timestamp(0.5) == timestamp(0.5)


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10), st.data())
def test_ids_made_at_a_later_millisecond_sort_later(one: int, other: int, randomness: bytes, data: Any) -> None:
    """Whatever the random bits, the text of an id orders by time first."""
    more = data.draw(st.binary(min_size=10, max_size=10))
    if one != other:
        assert (uuid7(one, randomness).hex < uuid7(other, more).hex) == (one < other)


@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_ids_are_uuids_of_version_7(milliseconds: int, randomness: bytes) -> None:
    """Other tools can read their version, variant and time."""
    made = uuid7(milliseconds, randomness)
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == milliseconds


def test_a_new_id_says_what_it_is_of_and_fits_its_column() -> None:
    """A prefix, an underscore and 32 hexadecimal digits; no two alike."""
    made = {new_id("trial") for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(r"trial_[0-9a-f]{32}", one) and len(one) <= 40 for one in made)
