"""Ids sort by the time they were made."""

from __future__ import annotations

import re
import uuid
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from store.ids import new_id, uuid7


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
