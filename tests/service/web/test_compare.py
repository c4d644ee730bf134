"""Candidates of several jobs on one page: which may stand there, what is said of them, and what is not."""

from __future__ import annotations

import re
from urllib.parse import quote

from fastapi.testclient import TestClient
from httpx2 import Response

from store.files.names import predictions_name
from store.rows import trials
from tests.service.datasets.rows import resources_of
from tests.service.web.conftest import PAGE
from tests.service.web.reported import FLIP, TURN, reported

GOOD, BAD = [0.9, 0.95, 0.9, 0.95], [0.3, 0.35, 0.3, 0.35]


def _compared(client: TestClient, *keys: str) -> Response:
    return client.get("/compare", params={"candidate": list(keys)}, headers=PAGE)


def _text(answer: Response) -> str:
    """Of the page, without its markup."""
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def _two_jobs(client: TestClient) -> tuple[str, str]:
    one = reported(client, {"flip": FLIP}, {"baseline": GOOD, "flip": BAD})
    other = reported(client, {"turn": TURN}, {"baseline": GOOD, "turn": GOOD})
    return f"{one}:flip", f"{other}:turn"


def test_candidates_of_two_jobs_stand_side_by_side(client: TestClient) -> None:
    """With the verdict of each job, the settings that differ marked, and how they do against each other."""
    text = _text(_compared(client, *_two_jobs(client)))
    assert "hurts" in text
    assert "horizontal_flip differs" in text
    assert "rescale differs" not in text
    assert "turn is better" in text


def test_a_difference_between_candidates_is_theirs_not_that_of_their_differences(client: TestClient) -> None:
    """Paired by seed and image: candidates whose models answer alike do not differ, whatever their baselines did."""
    one = reported(client, {"flip": FLIP}, {"baseline": GOOD, "flip": GOOD})
    other = reported(client, {"turn": TURN}, {"baseline": GOOD, "turn": GOOD})
    text = _text(_compared(client, f"{one}:flip", f"{other}:turn"))
    assert "flip − turn +0.0" in text


def test_what_shares_no_seeds_is_not_tested(client: TestClient) -> None:
    """The page says so, and shows the rest."""
    one, other = _two_jobs(client)
    resources = resources_of(client)
    with resources.database.reading() as session:
        for link, trial in trials.of_job(session, other.split(":")[0]):
            if link.arm != "baseline":
                resources.artifacts.delete(predictions_name(trial.id))
    text = _text(_compared(client, one, other))
    assert "not tested: what the models of turn predicted is not stored any more" in text
    assert "is better" not in text.replace("right is better", "").replace("its candidate is better", "")


def test_another_training_is_refused_with_the_field_that_differs(client: TestClient) -> None:
    """Both values are said."""
    one = reported(client, {"flip": FLIP}, {"baseline": GOOD, "flip": BAD})
    other = reported(client, {"turn": TURN}, {"baseline": GOOD, "turn": GOOD}, training={"epochs": 3})
    text = _text(_compared(client, f"{one}:flip", f"{other}:turn"))
    assert "cannot stand beside flip: training.epochs is 3 there and 1 here" in text


def test_another_metric_is_refused(client: TestClient) -> None:
    """Points of one are no points of the other."""
    one = reported(client, {"flip": FLIP}, {"baseline": GOOD, "flip": BAD})
    evaluation = {"seeds": 4, "metric": "macro_f1"}
    other = reported(client, {"turn": TURN}, {"baseline": GOOD, "turn": GOOD}, evaluation=evaluation)
    text = _text(_compared(client, f"{one}:flip", f"{other}:turn"))
    assert "metric is macro_f1 there and accuracy here" in text


def test_names_that_two_jobs_have_are_told_apart(client: TestClient) -> None:
    """By the job's place in the address."""
    one = reported(client, {"flip": FLIP}, {"baseline": GOOD, "flip": BAD})
    other = reported(client, {"flip": TURN}, {"baseline": GOOD, "flip": GOOD})
    text = _text(_compared(client, f"{one}:flip", f"{other}:flip"))
    assert "flip (job 1) − flip (job 2)" in text


def test_without_candidates_there_is_something_to_choose(client: TestClient) -> None:
    """Those of comparisons with a report."""
    job = reported(client, {"flip": FLIP}, {"baseline": GOOD, "flip": BAD})
    answer = client.get("/compare", headers=PAGE)
    assert f'value="{job}:flip"' in answer.text
    assert "Against each other" not in answer.text


def test_a_ninth_candidate_is_left_out_and_said_to_be(client: TestClient) -> None:
    """One of the address's order."""
    names = [f"c{number}" for number in range(9)]
    specs = {name: {"rotation_range": number + 1, "rescale": 1 / 255} for number, name in enumerate(names)}
    job = reported(client, specs, dict.fromkeys(("baseline", *names), GOOD[:2]))
    text = _text(_compared(client, *(f"{job}:{name}" for name in names)))
    assert "Up to 8 candidates are compared" in text
    assert "c7 − c8" not in text


def test_what_is_no_candidate_is_said_on_a_page(client: TestClient) -> None:
    """No such job, no such candidate, and no candidate at all."""
    job = reported(client, {"flip": FLIP}, {"baseline": GOOD, "flip": BAD})
    for key, status, said in (
        ("job_nothing:flip", 404, "there is no job"),
        (f"{job}:flop", 422, "has no candidate"),
        ("flip", 422, "a colon and the name"),
    ):
        answer = _compared(client, key)
        assert answer.status_code == status
        assert said in answer.text


def test_a_confusion_leads_to_its_images(client: TestClient) -> None:
    """Those that the baseline knew, with on how many of their seeds; the most frequent first."""
    job = reported(client, {"flip": FLIP}, {"baseline": [1.0] * 3, "flip": [0.5] * 3})
    path = f"/jobs/{job}/confusions?candidate=flip&true=0&predicted=1"
    answer = client.get(path, headers=PAGE)
    text = _text(answer)
    assert "“0” taken for “1”" in text
    assert "of 3 seeds" in text
    shown = re.findall(r"images\?index=(\d+)", answer.text)
    assert shown
    for index in shown:
        picture = client.get(re.findall(rf'src="([^"]+index={index})"', answer.text)[0])
        assert picture.headers["Content-Type"] == "image/png"


def test_a_confusion_of_no_image_says_so(client: TestClient) -> None:
    """A class that none is taken for."""
    job = reported(client, {"flip": FLIP}, {"baseline": GOOD, "flip": GOOD})
    text = _text(client.get(f"/jobs/{job}/confusions?candidate=flip&true=0&predicted=7", headers=PAGE))
    assert "There is none" in text
    unknown = client.get(f"/jobs/{job}/confusions?candidate=flip&true={quote('ä')}&predicted=7", headers=PAGE)
    assert unknown.status_code == 422
    assert "no such class" in unknown.text
