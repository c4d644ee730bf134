"""A page in the operator's browser can neither read the service under another name nor write to it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.http.origins import AllowedHosts
from tests.service.conftest import serving
from tests.store.databases import comparison_body

LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - nothing listens on it
SERVICE = "127.0.0.1:8000"


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a service that stands behind a proxy of that name."""
    with serving(tmp_path_factory.mktemp("service"), allowed_hosts=["augury.example", "lab.example:8443"]) as client:
        yield client


@pytest.mark.parametrize("path", ["/healthz", "/docs", "/openapi.json", "/v1/jobs", "/v1/nothing"])
def test_a_host_that_is_not_the_services_is_refused_with_what_to_set(path: str, shared_client: TestClient) -> None:
    """Whatever is asked for: a page whose name was pointed at this machine learns nothing."""
    response = shared_client.get(path, headers={"Host": "evil.example"})
    problem = response.json()
    assert (response.status_code, problem["type"]) == (421, "urn:augury:problem:host-not-allowed")
    assert "evil.example" in problem["detail"]
    assert "AUGURY_ALLOWED_HOSTS" in problem["detail"]
    assert problem["request_id"] == response.headers["X-Request-Id"]


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8000",
        "LOCALHOST.",
        "augury.localhost:1",
        "127.0.0.1:8000",
        "127.8.9.1",
        "[::1]:8000",
        "",
    ],
)
def test_the_loopback_interface_is_reached_by_any_of_its_names(host: str, shared_client: TestClient) -> None:
    """With any port, as a tunnel may lead to it."""
    assert shared_client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "notlocalhost",
        "192.0.2.7",
        "[2001:db8::1]:8000",
        "evil:x@localhost",
    ],
)
def test_what_looks_like_the_loopback_interface_is_not_it(host: str, shared_client: TestClient) -> None:
    """The near misses."""
    assert shared_client.get("/healthz", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("augury.example", 200),
        ("Augury.Example:8000", 200),
        ("lab.example:8443", 200),
        ("lab.example", 421),
        ("sub.augury.example", 421),
    ],
)
def test_configured_hosts_are_answered(host: str, status: int, configured: TestClient) -> None:
    """With any port unless one is named."""
    assert configured.get("/healthz", headers={"Host": host}).status_code == status


def test_hosts_are_configured_by_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Separated by commas, with blanks or without."""
    monkeypatch.setenv("AUGURY_ALLOWED_HOSTS", "api, augury.example")
    with serving(tmp_path) as client:
        for host in ("api:8000", "augury.example"):
            assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["192.0.2.7:8000", "[2001:db8::1]", socket.gethostname(), "localhost"])
def test_a_service_for_other_machines_answers_to_addresses_and_to_its_machines_name(host: str) -> None:
    """A page cannot point an address anywhere."""
    assert AllowedHosts([], EVERYWHERE).allows(host)


def test_a_service_for_other_machines_does_not_answer_to_any_name() -> None:
    """That it listens on all addresses makes it no safer from pages."""
    assert not AllowedHosts([], EVERYWHERE).allows("evil.example")
    assert AllowedHosts([], "augury.example").allows("augury.example:8000")


def test_a_star_allows_all_hosts_and_no_foreign_page() -> None:
    """For a proxy that looks at hosts by itself."""
    hosts = AllowedHosts(["*"], LOOPBACK)
    assert hosts.allows("evil.example")
    assert not hosts.is_own_origin("https://evil.example", SERVICE)


FOREIGN: list[dict[str, str]] = [
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost:3000"},
    {"Origin": "null"},
    {"Origin": "http://[half-an-address"},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]
OWN: list[dict[str, str]] = [
    {},
    {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
]


def _form() -> dict[str, Any]:
    return {"files": {"file": ("images.zip", b"PK")}}


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("POST", "/v1/jobs", {"json": comparison_body()}),
        ("POST", "/v1/datasets", _form()),
        ("POST", "/v1/jobs/job_none/cancel", {}),
        ("DELETE", "/v1/datasets/ds_none", {}),
    ],
    ids=["a job", "an upload", "a cancel", "a deletion"],
)
def test_a_foreign_page_cannot_write(
    method: str, path: str, options: dict[str, Any], headers: dict[str, str], client: TestClient
) -> None:
    """Nothing is stored."""
    response = client.request(method, path, headers={"Host": "localhost:8000", **headers}, **options)
    assert (response.status_code, response.json()["type"]) == (403, "urn:augury:problem:foreign-page")
    assert client.get("/v1/jobs").json()["items"] == []
    assert client.get("/v1/datasets").json()["items"] == []


@pytest.mark.parametrize("headers", OWN, ids=str)
def test_programs_and_the_services_own_pages_can_write(headers: dict[str, str], client: TestClient) -> None:
    """Curl and the client say nothing of origins."""
    sent = {"Host": "localhost:8000", **headers}
    assert client.post("/v1/jobs", json=comparison_body(), headers=sent).status_code == 202


def test_foreign_pages_may_link_to_the_service(shared_client: TestClient) -> None:
    """Reading changes nothing, and their scripts do not get to see the answer."""
    response = shared_client.get("/v1/jobs", headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 200
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    ("origin", "host", "is_own"),
    [
        ("https://augury.example", "augury.example", True),
        ("https://augury.example:443", "augury.example", True),
        ("https://augury.example", SERVICE, True),
        ("https://lab.example:8443", SERVICE, True),
        ("https://lab.example", SERVICE, False),
        ("http://127.0.0.1:8000", SERVICE, True),
        ("http://127.0.0.1:8001", SERVICE, False),
        ("http://127.0.0.1", "127.0.0.1:80", True),
    ],
)
def test_the_origin_before_a_proxy_is_the_services_own(origin: str, host: str, is_own: bool) -> None:
    """Whether the proxy asks for its own name or for the service's, with TLS or without."""
    assert AllowedHosts(["augury.example", "lab.example:8443"], LOOPBACK).is_own_origin(origin, host) is is_own
