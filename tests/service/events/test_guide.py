"""The guide to events, and the document, list every event, and what it means as the table has it."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.testclient import TestClient

from api_schemas.events.types import MEANINGS, JobEventType

GUIDE = Path(__file__).parents[3] / "docs" / "events.md"


def test_every_event_has_a_meaning() -> None:
    """A type that is added to one and forgotten in the other is found here."""
    assert list(MEANINGS) == list(JobEventType)


def test_the_guide_lists_every_event() -> None:
    """In the words of the table."""
    table = GUIDE.read_text().split("<!-- events -->\n")[1].split("<!-- /events -->")[0]
    assert table.splitlines()[2:] == [f"| `{name.value}` | {meaning} |" for name, meaning in MEANINGS.items()]


def test_the_document_lists_every_event_and_describes_what_is_said_with_it(shared_client: TestClient) -> None:
    """At both paths; what a job's stream has besides is described, too."""
    assert isinstance(shared_client.app, FastAPI)
    document = shared_client.app.openapi()
    for path in ("/v1/events", "/v1/jobs/{job_id}/events"):
        answer = document["paths"][path]["get"]["responses"]["200"]
        assert set(answer["content"]) == {"text/event-stream"}
        for name, meaning in MEANINGS.items():
            assert f"`{name.value}`: {meaning}" in answer["description"]
    assert "`done`" in document["paths"]["/v1/jobs/{job_id}/events"]["get"]["responses"]["200"]["description"]
    assert "data" in document["components"]["schemas"]["JobEvent"]["properties"]
    assert {"JobDone", "JobProgress", "Progress"} <= set(document["components"]["schemas"])
