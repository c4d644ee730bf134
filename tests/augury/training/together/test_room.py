"""How many trials fit into a step, and who computes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.training.backends import MAX_TRIALS_PER_STEP
from augury.training.errors import UserInputError
from augury.training.inputs import CHUNK_BYTES
from augury.training.together.room import trials_that_fit
from augury.training.together.trials import require_stackable
from tests.augury.training.conftest import definition

BYTES = st.integers(0, 2**40)


@given(trial_bytes=BYTES, room=BYTES, more=BYTES)
def test_more_room_is_for_no_fewer_trials(trial_bytes: int, room: int, more: int) -> None:
    """And larger trials are not more, from one to the most."""
    fit = trials_that_fit(trial_bytes, room)
    assert 1 <= fit <= MAX_TRIALS_PER_STEP
    assert trials_that_fit(trial_bytes, room + more) >= fit
    assert trials_that_fit(trial_bytes + more, room) <= fit


@given(trial_bytes=BYTES, room=BYTES)
def test_more_than_one_take_half_of_the_room_at_most(trial_bytes: int, room: int) -> None:
    """With their images."""
    fit = trials_that_fit(trial_bytes, room)
    assert fit == 1 or fit * (trial_bytes + 2 * CHUNK_BYTES) <= room / 2


def test_tensorflow_computes_one_trial_at_a_time() -> None:
    """Whoever asks it for more is told what is needed."""
    with pytest.raises(UserInputError, match="set KERAS_BACKEND=jax"):
        require_stackable([definition({}, 0), definition({}, 1)])
