"""What models answered survives its file."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.conditions.answers import ConditionAnswers, from_npz, to_npz

NAMES = st.sampled_from(["dimmed", "noisy", "ds_" + 32 * "0"])


@st.composite
def _answers(draw: st.DrawFn) -> ConditionAnswers:
    count, strengths = draw(st.integers(0, 6)), draw(st.integers(1, 5))
    generator = np.random.default_rng(draw(st.integers(0, 999)))
    classes = draw(st.sampled_from([2, 300, 70_000]))
    return ConditionAnswers(
        generator.integers(0, 10**10, count),
        generator.integers(0, classes, count),
        generator.integers(0, classes, (strengths, count)),
        generator.random((strengths, count), np.float32),
        generator.random((strengths, count), np.float32) if draw(st.booleans()) else None,
    )


@settings(deadline=None)
@given(st.dictionaries(NAMES, _answers(), max_size=3))
def test_answers_are_read_as_they_were_written(answers: dict[str, ConditionAnswers]) -> None:
    """Whole numbers exactly, whatever their size, and probabilities to three digits."""
    again = from_npz(to_npz(answers))
    assert again.keys() == answers.keys()
    for name, written in answers.items():
        read = again[name]
        for field in ("indices", "labels", "predicted"):
            np.testing.assert_array_equal(getattr(read, field), getattr(written, field))
        np.testing.assert_allclose(read.probability, written.probability, atol=1e-3)
        assert (read.values is None) == (written.values is None)
        if read.values is not None:
            np.testing.assert_array_equal(read.values, written.values)
