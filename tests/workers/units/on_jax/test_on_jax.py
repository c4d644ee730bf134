"""A worker on JAX trains several trials in a step, and each keeps its own lease, end and result."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from tests.augury.jax_beside import require_jax, run_on_jax


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a worker did in a process of its own."""
    require_jax()
    folder = tmp_path_factory.mktemp("workers")
    found: dict[str, Any] = json.loads(run_on_jax("-m", "tests.workers.units.on_jax.program", str(folder)))
    return found


def test_one_ring_trains_as_many_as_a_step_has_room_for(seen: dict[str, Any]) -> None:
    """Four of six trials; each of the six is begun once, and the job succeeds."""
    report = seen["reports"][0]
    assert report["after one"] == ["queued"] * 2 + ["succeeded"] * 4
    assert (report["state"], report["attempts"]) == ("succeeded", [1] * 6)


def test_a_report_says_what_computed_its_trials(seen: dict[str, Any]) -> None:
    """With the versions of JAX, and without TensorFlow's, which had no part in it."""
    report = seen["reports"][0]
    assert report["backend"] == "jax"
    assert {"jax", "jaxlib", "keras"} < set(report["versions"])
    assert "tensorflow" not in report["versions"]
    assert report["probes"] == [3, 0]


def test_the_same_request_gives_the_same_report_twice(seen: dict[str, Any]) -> None:
    """To the last bit of every curve."""
    once, again = seen["reports"]
    assert once["accuracies"] == again["accuracies"]
    assert once["curves"] == again["curves"]


def test_a_job_that_is_cancelled_leaves_the_other_in_the_step_alone(seen: dict[str, Any]) -> None:
    """Its own trials end, and those of the other job are trained to their ends."""
    cancelled, other = (Counter(states) for states in seen["cancelled"])
    assert cancelled == {"succeeded": 4, "cancelled": 2}
    assert other == {"succeeded": 6}


def test_a_trial_that_cannot_be_read_fails_by_itself(seen: dict[str, Any]) -> None:
    """The others of the step do not wait for it."""
    assert Counter(seen["another version"]) == {"succeeded": 3, "failed": 1, "queued": 2}


def test_a_worker_that_is_told_to_stop_gives_all_of_them_back(seen: dict[str, Any]) -> None:
    """As if they had not been begun."""
    assert seen["told to stop"] == [["queued", 0]] * 6
