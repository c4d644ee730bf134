"""Evidence on the running stack: rounds of seeds, reasons, a recommendation, a stop, and trained models."""

from __future__ import annotations

import hashlib
import io
import zipfile

from tests.end_to_end.stack import LONG, Stack, comparison, training

CANDIDATES = [
    {"name": "turned", "spec": {"rotation_range": 90, "horizontal_flip": True, "rescale": 1 / 255}},
    {"name": "normalised", "spec": {"samplewise_center": True, "samplewise_std_normalization": True}},
]


def test_a_comparison_ends_with_reasons_a_confirmed_recommendation_and_a_page(stack: Stack) -> None:
    """Rounds of seeds, answers of the baseline's models, fresh seeds for the recommendation; in three forms."""
    request = comparison(epochs=8, first_seed=800, training_images=300) | {"candidates": CANDIDATES, "recommend": True}
    request["evaluation"]["seeds"] = {"min": 3, "max": 6}
    job = stack.finished(stack.submit(request)["id"])
    assert job["state"] == "succeeded"

    report = stack.report(job["id"])
    turned = report["candidates"][0]
    assert turned["verdict"] == "hurts"
    parameters = {effect["parameter"]: effect for effect in turned["why"]["parameters"]}
    assert parameters["rotation_range"]["affinity"] < 0.8
    assert parameters["rotation_range"]["safe_value"] is None or parameters["rotation_range"]["safe_value"] < 90
    assert turned["why"]["causes"]
    assert report["summary"]

    recommendation = report["recommendation"]
    assert len(recommendation["seeds"]) == 5
    assert min(recommendation["seeds"]) > 1_000_000
    assert recommendation["against_baseline"] is None or recommendation["against_baseline"]["seeds"]

    page = stack.http.get(f"/v1/jobs/{job['id']}/report", headers={"Accept": "text/html"})
    assert page.headers["Content-Type"].startswith("text/html")
    assert "<h1" in page.text
    assert "data:image/png" in page.text, "the contact sheets are in it"
    text = stack.http.get(f"/v1/jobs/{job['id']}/report", headers={"Accept": "text/markdown"}).text
    assert "turned" in text


def test_a_stopped_comparison_reports_on_what_is_done(stack: Stack) -> None:
    """Within seconds, with the seeds that were finished."""
    job = stack.submit(comparison(**LONG, seeds=20, first_seed=900))
    trial = stack.wait_until_training(job["id"], lambda trial: trial["seed"] > 900)
    answer = stack.http.post(f"/v1/jobs/{job['id']}/stop")
    assert answer.status_code == 202

    ended = stack.finished(job["id"])
    assert ended["state"] == "succeeded"
    report = stack.report(job["id"])
    assert (report["stopped"], report["complete"]) == (True, False)
    finished = [seed["seed"] for arm in report["arms"] for seed in arm["per_seed"]]
    assert 900 in finished
    assert len(finished) < 40
    states = {each["id"]: each["state"] for each in stack.trials(job["id"])}
    assert states[trial["id"]] in ("cancelled", "succeeded")
    assert stack.http.post(f"/v1/jobs/{job['id']}/stop").status_code == 409


def test_a_training_leaves_its_models_to_download(stack: Stack) -> None:
    """One per seed, in Keras's own format, with the checksum that is listed."""
    request = training(epochs=3, first_seed=1000) | {"spec": {"rescale": 1 / 255, "rotation_range": 5}}
    job = stack.finished(stack.submit(request)["id"])
    assert job["state"] == "succeeded"
    assert [artifact["name"] for artifact in job["artifacts"]] == ["model-seed-1000.keras", "model-seed-1001.keras"]
    for artifact in job["artifacts"]:
        content = stack.http.get(f"/v1/jobs/{job['id']}/artifacts/{artifact['name']}").content
        assert hashlib.sha256(content).hexdigest() == artifact["sha256"]
        with zipfile.ZipFile(io.BytesIO(content)) as stored:
            assert "model.weights.h5" in stored.namelist()
    report = stack.report(job["id"])
    assert (report["kind"], report["arms"][0]["mean_validation_accuracy"] > 0.5) == ("training", True)


def test_a_comparison_tells_how_its_differences_depend_on_epochs_and_images(stack: Stack) -> None:
    """Planned with all it costs, trained once the verdicts are taken, and told on the page as in the figures."""
    request = comparison(epochs=6, first_seed=1100, training_images=200) | {
        "candidates": CANDIDATES[:1],
        "budget_response": [2, 6],
        "data_response": [0.5, 1.0],
    }
    request["evaluation"]["seeds"] = 3
    plan = stack.http.post("/v1/jobs", params={"validate_only": True}, json=request).json()
    assert (plan["trials"], plan["trial_epochs"]) == (18, 6 * 6 + 6 * 2 + 6 * 6)

    job = stack.finished(stack.submit(request)["id"])
    assert job["state"] == "succeeded"
    assert job["progress"]["trials_done"] == 18
    report = stack.report(job["id"])
    assert len(report["candidates"]) == 1
    budgets, images = (report[name]["candidates"][0]["points"] for name in ("budget_response", "data_response"))
    assert [point["epochs"] for point in budgets] == [2, 6]
    assert [point["images"] for point in images] == [100, 200]
    assert all(len(point["difference"]["seeds"]) == 3 for point in [*budgets, *images])
    page = stack.http.get(f"/v1/jobs/{job['id']}/report", headers={"Accept": "text/html"}).text
    assert 'id="budgets"' in page
    assert 'id="images"' in page
    assert "turned" in report["data_response"]["candidates"][0]["sentence"]


def test_a_comparison_finds_for_how_long_it_has_to_be_trained(stack: Stack) -> None:
    """From pilots to a report that says at how many epochs its verdicts were taken."""
    request = comparison(epochs=1, first_seed=1200, training_images=100)
    request["training"] = {"epochs": "auto", "learning_rate": 0.01}
    job = stack.finished(stack.submit(request)["id"])
    assert job["state"] == "succeeded"
    report = stack.report(job["id"])
    found = report["automatic_epochs"]
    assert len(found["pilots"]) == 2
    assert 8 <= found["epochs"] <= 200
    trained = {
        arm["name"]: {len(seed["curves"]["training_loss"]) for seed in arm["per_seed"]} for arm in report["arms"]
    }
    assert trained["baseline"] == trained["flip"] == {found["epochs"]}
    assert all(f"flip@{epochs} epochs, earlier" in trained for epochs in found["earlier"])
    assert found["sentence"] in stack.http.get(f"/v1/jobs/{job['id']}/report", headers={"Accept": "text/markdown"}).text
