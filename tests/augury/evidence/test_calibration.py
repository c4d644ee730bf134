"""The benchmark of the verdicts' errors, on pools that take no training."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "calibration.py"


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What it prints of a pool of trials that recognise nine images in ten, on splits of 300 out of 1,500."""
    generator = np.random.default_rng(2)
    images = np.array([generator.choice(1500, 300, replace=False) for _ in range(40)])
    recognised = np.clip(generator.normal(0.9, 0.1, 1500), 0, 1)[images]
    right = generator.random((40, 2, 300)) < recognised[:, np.newaxis]
    pool = tmp_path_factory.mktemp("pool") / "pool.npz"
    np.savez(pool, **{"linear/images": images, "linear/right": right})  # type: ignore[arg-type]
    metrics = pool.with_name("metrics.npz")
    np.savez(metrics, **_metrics_pool(generator))  # type: ignore[arg-type]
    command = [sys.executable, str(SCRIPT), "--quick", "--json", "--pool", str(pool), "--metrics-pool", str(metrics)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
    result: dict[str, Any] = json.loads(printed)
    return result


def _metrics_pool(generator: np.random.Generator) -> dict[str, np.ndarray]:
    """Twelve pairs of trials on 120 of 300 images, of ten classes and of four, the last of which has one in twenty."""
    pool = {}
    for name, sizes in {"even classes": [30] * 10, "a class of 5 %": [95, 95, 95, 15]}.items():
        labels = np.repeat(np.arange(len(sizes)), sizes)
        validated = [np.sort(generator.permutation(300)[:120]) for _ in range(12)]
        of_images = generator.normal(0, 1, (300, len(sizes)))
        of_images[np.arange(300), labels] += 2.5
        scores = of_images[np.array(validated)][:, np.newaxis] + generator.normal(0, 0.3, (12, 2, 120, len(sizes)))
        pool |= {f"{name}/images": np.array(validated), f"{name}/labels": labels[np.array(validated)]}
        scores -= np.log(np.exp(scores).sum(axis=-1, keepdims=True))
        pool[f"{name}/scores"] = scores
        blurred = scores[:, :, np.newaxis, np.newaxis] / np.arange(1, 6)[:, np.newaxis, np.newaxis]
        noisy = blurred + generator.gumbel(0, 0.3, (12, 2, 9, 5, 120, len(sizes)))
        of_true = np.take_along_axis(noisy, labels[np.array(validated)][:, None, None, None, :, None], axis=-1)[..., 0]
        pool[f"{name}/conditions"] = noisy.argmax(axis=-1).astype(np.uint8)
        pool[f"{name}/condition_losses"] = np.log(np.exp(noisy).sum(axis=-1)) - of_true
    return pool


def test_verdicts_by_every_metric_are_counted(measured: dict[str, Any]) -> None:
    """False ones and found ones, on even and uneven classes, of the pool's trials and simulated."""
    for name in ("even classes", "a class of 5 %"):
        rates = measured["metrics"][name]
        false = [rates[source] for source in ("pool", "simulated, drawn splits", "simulated, fixed set")]
        assert all(len(each) == 9 for each in false)
        assert np.mean([rate["rate"] for each in false for rate in each.values()]) <= 0.1
    assert measured["metrics"]["even classes"]["power, drawn splits"]["log_loss"]["rate"] >= 0.3


def test_reports_under_conditions_are_counted_as_wholes(measured: dict[str, Any]) -> None:
    """Wrong is one with any false verdict under any condition; a tenth of the images is a loss that may be found."""
    for name in ("even classes", "a class of 5 %"):
        rates = measured["conditions"][name]
        assert list(rates["pool"]) == ["accuracy", "balanced_accuracy", "log_loss"]
        false = [rates[source] for source in ("pool", "simulated, drawn splits", "simulated, fixed set")]
        assert np.mean([rate["rate"] for each in false for rate in each.values()]) <= 0.1
    found = measured["conditions"]["even classes"]
    assert found["power, drawn splits"]["accuracy"]["rate"] > found["pool"]["accuracy"]["rate"]


def test_it_says_how_many_verdicts_are_false_and_how_sure_that_is(measured: dict[str, Any]) -> None:
    """With the exact interval around the rate, over all comparisons of the pool's trials."""
    false = measured["false_verdicts"]
    assert false["comparisons"] == 40
    assert 0 <= false["low"] <= false["rate"] <= 0.2
    assert false["rate"] < false["high"] < 1


def test_larger_differences_are_found_more_often(measured: dict[str, Any]) -> None:
    """Five points of planted loss hardly escape, one point often does."""
    assert list(measured["power"]) == ["1", "2", "5"]
    assert measured["power"]["1"] < measured["power"]["5"]
    assert measured["power"]["5"] >= 0.9


def test_simulated_comparisons_stand_beside_those_of_the_pool(measured: dict[str, Any]) -> None:
    """As comparisons from one pool share trials, and simulated ones do not."""
    sources = measured["models"]["linear"]["false_verdicts"]
    assert list(sources) == ["pool", "simulated, drawn splits", "simulated, fixed set"]
    assert all(rate["rate"] <= 0.2 for source in sources.values() for rate in source.values())


def test_whole_reports_are_counted_by_all_that_they_claim(measured: dict[str, Any]) -> None:
    """For one candidate and for ten, on even and uneven classes, drawn and fixed images, and groups."""
    claims = measured["claims"]
    for setting in ("drawn splits", "fixed set", "one class of 5 %", "groups of 10"):
        assert set(claims[f"{setting}, 1 candidate"]) == {"5 seeds", "3 to 10 seeds"}
        assert claims[f"{setting}, 10 candidates"]["5 seeds"]["comparisons"] == 2
    rates = [rate for by_schedule in claims.values() for rate in by_schedule.values()]
    assert sum(rate["rate"] * rate["comparisons"] for rate in rates) <= 0.2 * sum(each["comparisons"] for each in rates)


def test_differences_between_groups_are_found_where_there_are_enough_groups(measured: dict[str, Any]) -> None:
    """Twenty patients are, five are not."""
    found = {name: rates["10 points found"]["rate"] for name, rates in measured["groups"].items()}
    assert found["20 groups, one size"] >= 0.7
    assert found["5 groups, one size"] == 0


def test_the_best_of_many_is_confirmed_on_other_images_less_often_than_on_its_own(measured: dict[str, Any]) -> None:
    """Both ways are counted."""
    confirmed = measured["confirmations"]
    assert set(confirmed) == {"on the images that selected", "on images that were kept for it"}
    assert all(rate["rate"] <= 0.2 for rate in confirmed.values())
