"""Where a trial's randomness comes from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.training.streams import BATCHES, INITIALISATION, SPLIT, stream_seed


@given(st.integers(0, 2**31 + 50), st.sampled_from([SPLIT, INITIALISATION, BATCHES]))
def test_a_stream_is_determined_by_seed_and_name_and_fits_numpy(seed: int, stream: str) -> None:
    """Below 2**31, so that adding the number of a batch stays below 2**32."""
    assert stream_seed(seed, stream) == stream_seed(seed, stream)
    assert 0 <= stream_seed(seed, stream) < 2**31


def test_streams_of_neighbouring_seeds_have_nothing_in_common() -> None:
    """All seeds and names give different values, and those are spread over the whole range."""
    values = [stream_seed(seed, stream) for seed in range(300) for stream in (SPLIT, INITIALISATION, BATCHES)]
    assert len(set(values)) == 900
    assert np.mean(values) == pytest.approx(2**30, rel=0.1)
    by_stream = np.array(values, float).reshape(300, 3)
    assert np.abs(np.corrcoef(by_stream.T) - np.eye(3)).max() < 0.2
