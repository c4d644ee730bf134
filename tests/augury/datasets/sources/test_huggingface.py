"""``huggingface`` references: all Parquet files of a configuration, from the hub that the operator has named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from augury.datasets.errors import DatasetError
from augury.datasets.sources.connections import Network
from augury.datasets.sources.huggingface import fetch_huggingface
from tests.augury.datasets.sources.fetches import Script, Server, answering, client_tls, files_of, request_for, serving

REPOSITORY = "owner/name"
LISTING = f"/api/datasets/{REPOSITORY}/parquet"


class Hub:
    """A hub on loopback, without encryption, as the operator has named it."""

    def __init__(self, server: Server, answers: dict[str, Script]) -> None:
        self.url = f"http://127.0.0.1:{server.port}"
        self.server, self.answers = server, answers

    def offer(self, listing: Any, files: dict[str, bytes]) -> None:
        """A listing, and the files by their paths."""
        self.answers[LISTING] = answering(json.dumps(listing).encode())
        self.answers.update({path: answering(content) for path, content in files.items()})


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub without any datasets."""
    answers: dict[str, Script] = {}

    def script(connection: Any, head: str) -> None:
        answers.get(head.split(" ")[1], answering(status="404 Not Found"))(connection, head)

    with serving(script) as server:
        yield Hub(server, answers)


def _fetch(folder: Path, hub: Hub, configuration: str | None = None, **changes: Any) -> dict[str, bytes]:
    reference = {"kind": "huggingface", "repository": REPOSITORY, "configuration": configuration}
    network = changes.pop("network", Network())
    request = request_for(folder, reference, **({"huggingface_endpoint": hub.url} | changes))
    return files_of(fetch_huggingface(request, network))


def _rule(folder: Path, hub: Hub, configuration: str | None = None, **changes: Any) -> str:
    with pytest.raises(DatasetError) as caught:
        _fetch(folder, hub, configuration, **changes)
    return caught.value.rule


def test_every_split_becomes_a_folder_of_parquet_files(tmp_path: Path, hub: Hub) -> None:
    """In the order of the hub's list, whatever the URLs are called."""
    urls = {"train": [f"{hub.url}/files/b", f"{hub.url}/files/a"], "test": [f"{hub.url}/files/c"]}
    hub.offer({"default": urls}, {"/files/a": b"A", "/files/b": b"B", "/files/c": b"C"})
    assert _fetch(tmp_path, hub) == {"train/0000.parquet": b"B", "train/0001.parquet": b"A", "test/0000.parquet": b"C"}


def test_redirects_within_the_hub_are_followed(tmp_path: Path, hub: Hub) -> None:
    """Files are usually kept at another URL than the list says."""
    hub.offer({"default": {"train": [f"{hub.url}/a"]}}, {"/kept": b"A"})
    hub.answers["/a"] = answering(status="302 Found", headers="Location: /kept\r\n")
    assert _fetch(tmp_path, hub) == {"train/0000.parquet": b"A"}


@pytest.mark.parametrize(
    ("configuration", "names", "taken"),
    [(None, ["only"], "only"), (None, ["a", "default"], "default"), ("a", ["a", "default"], "a")],
)
def test_the_configuration_is_chosen(
    tmp_path: Path, hub: Hub, configuration: str | None, names: list[str], taken: str
) -> None:
    """The named one; otherwise the only one, or 'default'."""
    hub.offer({name: {"train": [f"{hub.url}/{name}"]} for name in names}, {f"/{name}": name.encode() for name in names})
    assert _fetch(tmp_path, hub, configuration) == {"train/0000.parquet": taken.encode()}


@pytest.mark.parametrize(("configuration", "names"), [(None, ["a", "b"]), ("c", ["a", "b"]), (None, [])])
def test_a_choice_that_cannot_be_made_names_the_choices(
    tmp_path: Path, hub: Hub, configuration: str | None, names: list[str]
) -> None:
    """Several configurations and none of them meant, or one that is not there."""
    hub.offer({name: {"train": [f"{hub.url}/x"]} for name in names}, {})
    with pytest.raises(DatasetError, match="'a', 'b'" if names else "none") as caught:
        _fetch(tmp_path, hub, configuration)
    assert caught.value.rule == "huggingface.configuration"


@pytest.mark.parametrize(
    "listing",
    [
        [],
        "text",
        {"default": []},
        {"default": {"train": "x"}},
        {"default": {"train": [1]}},
        {"default": {"../up": ["http://127.0.0.1/"]}},
        {"default": {"a/b": ["http://127.0.0.1/"]}},
        {"default": {"..": ["http://127.0.0.1/"]}},
        {"default": {"": ["http://127.0.0.1/"]}},
    ],
    ids=str,
)
def test_an_answer_that_is_no_list_of_files_is_refused(tmp_path: Path, hub: Hub, listing: Any) -> None:
    """Also one whose splits would name other folders; nothing is written outside the workspace."""
    hub.offer(listing, {})
    assert _rule(tmp_path, hub) == "huggingface.answer"
    assert {path.name for path in tmp_path.iterdir()} <= {"workspace", "artifacts"}


@pytest.mark.parametrize("content", [b"<html>", b"[" * 100_000, b"\xff", b""], ids=["html", "deep", "binary", "empty"])
def test_an_answer_that_is_no_json_is_refused(tmp_path: Path, hub: Hub, content: bytes) -> None:
    """Whatever it is."""
    hub.answers[LISTING] = answering(content)
    assert _rule(tmp_path, hub) == "huggingface.answer"


def test_a_hub_without_the_dataset_is_said_so(tmp_path: Path, hub: Hub) -> None:
    """By the status of its answer."""
    assert _rule(tmp_path, hub) == "url.status"


def test_only_the_hub_itself_may_be_private(tmp_path: Path, hub: Hub) -> None:
    """A list that leads to other servers, ports or schemes leads to the public internet over https, or nowhere."""
    with serving(answering(b"secret")) as inner:
        for url, rule in {
            f"http://127.0.0.1:{inner.port}/": "url.host",
            f"https://127.0.0.1:{inner.port}/": "url.host",
            "https://127.0.0.1/": "url.address",
            "https://169.254.169.254/latest": "url.address",
            "file:///etc/passwd": "url.host",
        }.items():
            hub.offer({"default": {"train": [url]}}, {})
            folder = tmp_path / str(len(list(tmp_path.iterdir())))
            folder.mkdir()
            assert _rule(folder, hub) == rule
        assert inner.connections == 0


def test_redirects_out_of_the_hub_are_checked(tmp_path: Path, hub: Hub) -> None:
    """As those of a URL are."""
    hub.offer({"default": {"train": [f"{hub.url}/a"]}}, {})
    hub.answers["/a"] = answering(status="302 Found", headers="Location: https://inner.example/\r\n")
    network = Network(resolve=lambda host, _port: ["127.0.0.1" if host == "127.0.0.1" else "10.0.0.1"], tls=client_tls)
    assert _rule(tmp_path, hub, network=network) == "url.address"


def test_the_limits_hold_for_all_files_together(tmp_path: Path, hub: Hub) -> None:
    """Bytes, and the number of files."""
    urls = [f"{hub.url}/{name}" for name in "abc"]
    hub.offer({"default": {"train": urls}}, {f"/{name}": b"x" * 600 for name in "abc"})
    (tmp_path / "other").mkdir()
    assert _rule(tmp_path, hub, max_bytes=1500) == "url.too_large"
    assert _rule(tmp_path / "other", hub, max_members=2) == "huggingface.too_many"


def test_a_hub_that_is_no_url_is_the_operators_fault(tmp_path: Path, hub: Hub) -> None:
    """And the message says which variable to set right."""
    with pytest.raises(DatasetError, match="AUGURY_INGEST_HUGGINGFACE_ENDPOINT") as caught:
        _fetch(tmp_path, hub, huggingface_endpoint="hub")
    assert caught.value.rule == "huggingface.endpoint"
