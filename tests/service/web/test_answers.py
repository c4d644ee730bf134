"""The first page: what was found out, what goes on, and no verdict before its time."""

from __future__ import annotations

import gzip
import json
import re

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.jobs import ComparisonRequest, JobKind, Phase
from api_schemas.reports.differences import Verdict
from service.web.answers.axes import axes_of
from service.web.answers.lines import MAX_CANDIDATES
from service.web.answers.routes import standing_example
from service.web.assets import assets
from service.web.phases import PHASES, STATES, UNITS
from store.database import Database
from store.rows import jobs
from store.rows.answers.summaries import CandidateAnswer
from tests.augury.reporting.samples import HOSTILE, crowded, full, training
from tests.service.web.conftest import PAGE, PART
from tests.service.web.stored import FAILURE, ended_job, training_job
from tests.store.databases import comparison, new_job, running_job
from tests.store.statements import statements

MAX_BYTES = 60_000
"""Of the page with all that it loads, compressed as browsers take it."""


def _page(client: TestClient, path: str = "/", **query: str) -> str:
    answer = client.get(path, params=query or None, headers=PAGE)
    assert answer.status_code == 200, answer.text
    return answer.text


def _order(text: str) -> list[str]:
    return re.findall(r'id="answer-(job_\w+)"', text)


def test_where_nothing_was_asked_a_first_question_is_offered(client: TestClient) -> None:
    """It is the standing example, whole and valid, and it is accepted as it stands."""
    text = _page(client)
    assert "Run the example" in text
    assert _order(text) == []
    request = json.loads(standing_example())
    ComparisonRequest.model_validate(request)
    assert client.post("/v1/jobs", json=request).status_code == 202


def test_an_answer_is_a_verdict_in_words_with_its_interval(client: TestClient, database: Database) -> None:
    """Of each candidate, with dataset, model and metric, and a way to the whole."""
    job_id = ended_job(database, full())
    text = _page(client)
    for said in ("digits", "small_cnn · accuracy", "hurts", "helps", "equivalent", "inconclusive"):
        assert said in text
    assert f'href="/jobs/{job_id}"' in text
    assert text.count("plot-strip") == len(full().candidates)
    assert "Strips show points from" in text


def test_of_many_candidates_the_best_and_the_worst_are_shown(client: TestClient, database: Database) -> None:
    """And how many more there are."""
    report = crowded(9, 4)
    ended_job(database, report)
    text = _page(client)
    assert text.count('class="verdict"') == 2 < MAX_CANDIDATES
    assert f"and {len(report.candidates) - 2} more" in text


def test_other_jobs_have_a_line_too(client: TestClient, database: Database) -> None:
    """What failed says why, a training its accuracy, what was dropped that it was."""
    ended_job(database, None)
    ended_job(database, training())
    with database.writing() as session:
        jobs.cancel(session, new_job(session), 1.0)
    text = _page(client)
    assert FAILURE.message in text
    assert "Accuracy" in text
    assert "It was dropped" in text


def test_what_goes_on_has_no_verdict(client: TestClient, database: Database) -> None:
    """Whatever its earlier looks have found; it has its phase, how much of it is done, and its buttons."""
    job_id = training_job(database)
    text = _page(client)
    assert "Trains · " in text
    assert " of 6 trials" in text
    assert f'data-call="/v1/jobs/{job_id}/stop"' in text
    assert f'data-call="/v1/jobs/{job_id}/cancel"' in text
    assert 'class="badge' not in text
    assert "plot-strip" not in text
    assert "Run the example" not in text


def test_an_extended_job_goes_on_without_its_earlier_verdicts(client: TestClient, database: Database) -> None:
    """They were a look, and the next one is being made."""
    with database.writing() as session:
        job_id = running_job(session).id
        assert jobs.succeed(session, job_id, "jobs/x/report.json", 1.0)
        assert jobs.extend(session, session.get_one(jobs.JobRow, job_id), 9, 2.0, 9e9)
    text = _page(client)
    assert f'id="running-{job_id}"' in text
    assert _order(text) == []


def test_a_page_is_narrowed_and_sorted_by_its_address(client: TestClient, database: Database) -> None:
    """And says so; the part that comes later is of the same address."""
    helps = ended_job(database, full())
    other = ended_job(database, training(), comparison(model={"name": "linear"}, labels={"team": "a"}))
    assert _order(_page(client)) == [other, helps]
    assert _order(_page(client, sort="oldest")) == [helps, other]
    assert _order(_page(client, sort="gain")) == [helps]
    assert _order(_page(client, verdict="helps")) == [helps]
    assert _order(_page(client, model="linear", label="team:a")) == [other]
    assert _order(_page(client, "/parts/answers", model="linear")) == [other]
    nothing = _page(client, verdict="helps", model="linear")
    assert "No job is like that" in nothing
    assert "Run the example" not in nothing


@pytest.mark.parametrize(
    "query", [{"sort": "best"}, {"cursor": "x y"}, {"cursor": "job_1", "sort": "gain"}, {"label": "team"}]
)
def test_what_cannot_be_shown_is_refused_in_a_sentence(client: TestClient, query: dict[str, str]) -> None:
    """On a page, and as what programs get."""
    answer = client.get("/", params=query, headers=PAGE)
    assert answer.status_code == 422
    assert "<h1>" in answer.text


def test_every_job_is_on_one_page(client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way to older ones is a link with the filters in it."""
    monkeypatch.setattr("service.web.answers.routes.PAGE_SIZE", 2)
    made = [ended_job(database, training()) for _ in range(3)]
    first = _page(client, kind="comparison")
    found = re.search(r'href="(/\?[^"]*cursor=[^"]*)" rel="next"', first)
    assert found is not None
    assert "kind=comparison" in found.group(1)
    second = _page(client, found.group(1).replace("&amp;", "&"))
    assert _order(first) + _order(second) == made[::-1]


def test_names_are_shown_as_text(client: TestClient, database: Database) -> None:
    """Whatever a client calls its candidates."""
    report = full()
    renamed = report.candidates[0].model_copy(update={"name": HOSTILE})
    ended_job(database, report.model_copy(update={"candidates": [renamed]}))
    text = _page(client)
    assert "<script>alert" not in text


def test_others_do_not_see_it(client: TestClient, database: Database) -> None:
    """What runs and what was found out is its project's."""
    ended_job(database, full(), project="others")
    with database.writing() as session:
        running_job(session, project="others")
    text = _page(client)
    assert "Going on" not in text
    assert _order(text) == []


def test_parts_are_parts(client: TestClient, database: Database) -> None:
    """They have neither a head nor a policy of their own making."""
    training_job(database)
    for path in ("/parts/running", "/parts/answers"):
        answer = client.get(path, headers=PART)
        assert answer.status_code == 200
        assert "<html" not in answer.text


def test_a_full_page_is_small_and_takes_few_statements(client: TestClient, database: Database) -> None:
    """However many jobs there are; with everything that a browser loads for it the first time."""
    report = full()
    for _ in range(45):
        ended_job(database, report)
    for _ in range(3):
        training_job(database)
    with statements(database) as seen:
        answer = client.get("/", headers=PAGE | {"Accept-Encoding": "gzip"})
    of_page = len(gzip.compress(answer.content, 6))
    loaded = {name for name in assets() if f"/{name}" in answer.text}
    assert "uPlot.iife.min.js" not in loaded
    total = of_page + sum(len(assets()[name].compressed) for name in loaded)
    assert total < MAX_BYTES, f"{of_page} bytes of the page, {total} in all"
    queries = [each for each in seen if each.lstrip().lower().startswith("select")]
    assert len(queries) < 50, "a list that takes a statement for each of its lines takes more"


def test_everything_that_may_go_on_has_words() -> None:
    """Of each phase, state and kind."""
    assert set(PHASES) == set(Phase)
    assert set(STATES) == set(jobs.JobState)
    assert set(UNITS) == set(JobKind)


ENDS = st.floats(-100, 100)


def _measured(low: float, high: float) -> CandidateAnswer:
    return CandidateAnswer(name="a", verdict=Verdict.INCONCLUSIVE, mean=(low + high) / 2, low=low, high=high)


@given(st.lists(st.tuples(st.sampled_from(["points", "points of recall"]), ENDS, ENDS), max_size=12))
def test_strips_of_one_unit_share_an_axis(intervals: list[tuple[str, float, float]]) -> None:
    """It has zero on it, and says where it does not show all."""
    axes = axes_of((unit, _measured(min(a, b), max(a, b))) for unit, a, b in intervals)
    assert set(axes) == {unit for unit, _, _ in intervals}
    for unit, axis in axes.items():
        ends = [end for own, a, b in intervals if own == unit for end in (a, b)]
        assert axis.low <= 0 <= axis.high
        assert axis.is_cut == (min(ends) < axis.low or max(ends) > axis.high)
        inside = [end for end in ends if axis.low <= end <= axis.high]
        assert len(inside) >= len(ends) / 2, "most can be seen"
