"""What a key looks like."""

from __future__ import annotations

import os
import re
import string

from hypothesis import given
from hypothesis import strategies as st

from store.ids import KEY, new_id
from store.rows.access.key_text import PREFIX, hash_of, id_in, key_text, new_secret

DIGITS = string.digits + string.ascii_letters
secrets = st.text(DIGITS, min_size=32, max_size=32)
ids = st.binary(min_size=16, max_size=16).map(lambda random: f"{KEY}_{random.hex()}")


@given(ids, secrets)
def test_a_key_says_its_id(key_id: str, secret: str) -> None:
    """Whatever its random part is."""
    text = key_text(key_id, secret)
    assert text.startswith(PREFIX)
    assert id_in(text) == key_id


@given(ids, secrets, st.data())
def test_a_slip_is_noticed(key_id: str, secret: str, data: st.DataObject) -> None:
    """One character that is another one, or missing: no row is looked for."""
    text = key_text(key_id, secret)
    place = data.draw(st.integers(len(PREFIX), len(text) - 1))
    other = data.draw(st.sampled_from(DIGITS).filter(lambda digit: digit != text[place]))
    assert id_in(text[:place] + other + text[place + 1 :]) is None
    assert id_in(text[:place] + text[place + 1 :]) is None


@given(st.text(max_size=200))
def test_what_is_no_key_has_no_id(text: str) -> None:
    """Also what PostgreSQL could not even be asked for."""
    assert id_in(text) is None


def test_two_keys_of_one_id_differ() -> None:
    """The secret is drawn anew each time, and long enough that it cannot be guessed."""
    key_id = new_id(KEY)
    drawn = {new_secret() for _ in range(100)}
    assert len(drawn) == 100
    assert all(re.fullmatch(f"[{DIGITS}]{{32}}", secret) for secret in drawn)
    assert len({hash_of(key_text(key_id, secret)) for secret in drawn}) == 100


def test_the_id_alone_opens_nothing() -> None:
    """It stands in logs and in answers."""
    assert id_in(f"{PREFIX}{os.urandom(16).hex()}") is None
