"""Models judged on other images than their own, on the running stack."""

from __future__ import annotations

from tests.end_to_end.stack import Stack, comparison


def test_turning_digits_in_training_is_found_to_help_with_turned_ones(stack: Stack) -> None:
    """Two conditions from the request to the page: a verdict each, in words, in a table and in pictures."""
    request = comparison(epochs=8, first_seed=1300, seeds=3, training_images=400)
    request["model"] = {"name": "small_cnn"}
    request["candidates"] = [{"name": "turned", "spec": {"rotation_range": 25, "rescale": 1 / 255}}]
    request["evaluation"]["conditions"] = [{"name": "rotated", "strengths": [4, 5]}, "dimmed"]
    plan = stack.http.post("/v1/jobs?validate_only=true", json=request).json()
    assert (plan["conditions"]["models"], [each["name"] for each in plan["conditions"]["targets"]]) == (
        6, ["rotated", "dimmed"],
    )  # fmt: skip
    job = stack.finished(stack.submit(request)["id"])
    assert job["state"] == "succeeded"

    conditions = stack.report(job["id"])["conditions"]
    assert (conditions["models"], conditions["models_failed"]) == (6, 0)
    (turned,) = conditions["candidates"]
    rotated, dimmed = turned["effects"]
    assert rotated["verdict"] == "helps"
    assert rotated["accuracy"] > rotated["baseline_accuracy"]
    assert len(dimmed["strengths"]) == 5
    assert "on rotated ones" in turned["sentence"]
    page = stack.http.get(f"/v1/jobs/{job['id']}/report", headers={"Accept": "text/html"}).text
    assert "On other images" in page
    assert "accuracy at the greatest strength" in page
