"""Datasets by the client and the command line: what is sent, what is waited for, what is shown."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from api_schemas.datasets.dataset import DatasetState
from augury import Client, NothingToSend, RequestRefused
from augury.cli.app import app
from augury.client import datasets
from augury.client.packing import Parcel
from augury.client.references import reference_of
from augury.local.stack import LocalStack
from augury.wording import source_of
from tests.augury.stand_in import Answer, StandIn, problem
from tests.augury.wire import REQUEST, dataset, job
from tests.service.conftest import application, listening

ID = "ds_" + "1" * 32
QUEUED, INGESTING, READY, FAILED = DatasetState.QUEUED, DatasetState.INGESTING, DatasetState.READY, DatasetState.FAILED


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "_FIRST_PAUSE_SECONDS", 0.01)


@pytest.fixture
def real(tmp_path: Path) -> Iterator[str]:
    """The address of a real service, without workers."""
    with listening(application(tmp_path / "service")) as (host, port):
        yield f"http://{host}:{port}"


@pytest.fixture
def flowers(tmp_path: Path) -> Path:
    """A folder with two classes, and some things that are no images' business."""
    folder = tmp_path / "flowers"
    for name in ("rose/1.png", "rose/2.png", "tulip/ä.png", ".git/config", "tulip/.DS_Store"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    (folder / "link.png").symlink_to(folder / "rose" / "1.png")
    (folder / "elsewhere").symlink_to(folder / "rose")
    return folder


def augury(*arguments: str) -> Result:
    """Run the command, without a terminal."""
    return CliRunner().invoke(app, ["datasets", *arguments])


def _stored(tmp_path: Path, sha256: str) -> Path:
    return tmp_path / "service" / "artifacts" / "uploads" / sha256


def test_a_local_file_is_sent_as_it_is(real: str, tmp_path: Path) -> None:
    """With its options; whoever wants to know is told how far it is."""
    path, told = tmp_path / "a.npz", []
    path.write_bytes(os.urandom(300_000))
    with Client(real) as client:
        added = client.add_dataset(
            path, image_size=(8, 6), color_mode="rgb", resize="crop", background=[9, 8, 7], columns={"label": "y"},
            layout="pooled",
            on_progress=lambda sent, total: told.append((sent, total)),
        )  # fmt: skip
        assert client.datasets(kind="upload").items == [client.dataset(added.id)]
    reference = added.reference
    assert (reference["image_size"], reference["color_mode"], reference["resize"]) == ([8, 6], "rgb", "crop")
    assert (reference["columns"]["label"], reference["background"]) == ("y", [9, 8, 7])
    assert reference["layout"] == "pooled"
    assert _stored(tmp_path, reference["sha256"]).read_bytes() == path.read_bytes()
    assert told[-1] == (300_000, 300_000)


def test_a_local_folder_is_sent_as_a_zip_of_its_files(real: str, tmp_path: Path, flowers: Path) -> None:
    """Without links and hidden files, which are counted; the same folder is the same dataset again."""
    parcels: list[Parcel] = []
    with Client(real) as client:
        first, again = (client.add_dataset(flowers, on_parcel=parcels.append) for _ in range(2))
    with zipfile.ZipFile(_stored(tmp_path, first.reference["sha256"])) as archive:
        assert archive.namelist() == ["flowers/rose/1.png", "flowers/rose/2.png", "flowers/tulip/ä.png"]
        assert archive.read("flowers/tulip/ä.png") == "tulip/ä.png".encode()
    assert (parcels[0].name, parcels[0].left_out) == ("flowers.zip", 4)
    assert first.id == again.id


def test_a_hidden_folder_is_sent_without_its_name(real: str, tmp_path: Path) -> None:
    """With it, all that is in it would be passed over as hidden."""
    folder = tmp_path / ".photos"
    (folder / "rose").mkdir(parents=True)
    (folder / "rose" / "1.png").write_bytes(b"rose")
    with Client(real) as client:
        sent = client.add_dataset(folder)
    with zipfile.ZipFile(_stored(tmp_path, sent.reference["sha256"])) as archive:
        assert archive.namelist() == ["rose/1.png"]


def test_an_upload_that_breaks_off_is_sent_again_from_its_start(service: StandIn, tmp_path: Path) -> None:
    """As a whole, under its first key."""
    path = tmp_path / "a.zip"
    path.write_bytes(b"x" * 200_000)
    service.will(Answer(0), Answer(503), Answer(202, dataset()))
    with Client(service.url) as client:
        client.add_dataset(path)
    bodies = {hashlib.sha256(asked.body).hexdigest() for asked in service.asked}
    keys = {asked.headers["Idempotency-Key"] for asked in service.asked}
    assert (len(service.asked), len(bodies), len(keys)) == (3, 1, 1)
    assert b"x" * 200_000 in service.asked[-1].body


@pytest.mark.parametrize("source", ["missing.zip", "empty"])
def test_what_is_not_there_cannot_be_sent(source: str, service: StandIn, tmp_path: Path) -> None:
    """The service is not even asked; for a script it is an error of its own, for a person exit code 2."""
    (tmp_path / "empty" / ".hidden").mkdir(parents=True)
    with Client(service.url) as client, pytest.raises(NothingToSend, match=source):
        client.add_dataset(tmp_path / source)
    result = augury("add", str(tmp_path / source), "--url", service.url)
    assert (result.exit_code, service.asked) == (2, [])
    assert source in result.stderr


REFERENCES: dict[str, dict[str, Any]] = {
    "https://localhost/a.zip": {"kind": "url", "url": "https://localhost/a.zip"},
    "s3://images/flowers/": {"kind": "s3", "bucket": "images", "key": "flowers/"},
    "s3://images": {"kind": "s3", "bucket": "images", "key": ""},
    "gs://images/a/b.zip": {"kind": "gs", "bucket": "images", "key": "a/b.zip"},
    "hf://ylecun/mnist": {"kind": "huggingface", "repository": "ylecun/mnist"},
    "hf://ylecun/mnist#small": {"kind": "huggingface", "repository": "ylecun/mnist", "configuration": "small"},
    "builtin:digits": {"kind": "builtin", "name": "digits"},
    "path:/data/flowers": {"kind": "path", "path": "/data/flowers"},
    f"sha256:{'a' * 64}": {"kind": "upload", "sha256": "a" * 64},
    ID: {"kind": "dataset", "id": ID},
    '{"kind": "other"}': {"kind": "other"},
}


@pytest.mark.parametrize("text", REFERENCES)
def test_a_reference_can_be_typed(text: str, service: StandIn) -> None:
    """What the service makes of it is its business."""
    service.will(Answer(202, dataset()))
    assert augury("add", text, "--no-wait", "--url", service.url).exit_code == 0
    assert (service.asked[0].path, service.asked[0].body) == ("/v1/datasets", REFERENCES[text])


@pytest.mark.parametrize("text", [text for text in REFERENCES if "//" in text and "#" not in text] + ["builtin:digits"])
def test_the_table_shows_a_reference_as_it_can_be_typed(text: str) -> None:
    """So it can be copied."""
    assert source_of(REFERENCES[text]).rstrip("/") == text.rstrip("/")


@given(st.from_regex(r"[A-Za-z0-9_./-]{1,20}", fullmatch=True))
def test_a_plain_name_is_a_local_path(name: str) -> None:
    """Unless it looks like a dataset's id."""
    assert reference_of(name) is None


def test_options_go_with_a_reference_too(service: StandIn) -> None:
    """In the JSON names of the interface."""
    service.will(Answer(202, dataset()))
    options = ["--image-size", "64x48", "--color-mode", "rgb", "--resize", "crop", "--label-column", "species"]
    options += ["--background", "1,2,3"]
    assert augury("add", "path:/data", *options, "--no-wait", "--url", service.url).exit_code == 0
    expected = {"image_size": [64, 48], "color_mode": "rgb", "resize": "crop", "columns": {"label": "species"}}
    expected |= {"background": [1, 2, 3]}
    assert service.asked[0].body == {"kind": "path", "path": "/data", **expected}


@pytest.mark.parametrize("arguments", [["builtin:digits", "--image-size", "64x"], ["{"], ["a", "--image-size", "axb"]])
def test_what_cannot_be_meant_exits_2_and_sends_nothing(arguments: list[str], service: StandIn) -> None:
    """Said by the command itself."""
    assert (augury("add", *arguments, "--url", service.url).exit_code, service.asked) == (2, [])


def test_adding_waits_and_shows_the_facts(service: StandIn) -> None:
    """Steps on stderr, each once; the facts on stdout."""
    working = Answer(200, dataset(INGESTING, progress={"step": "decoding", "done": 3, "total": 30}))
    more = Answer(200, dataset(INGESTING, progress={"step": "decoding", "done": 9, "total": 30}))
    service.will(Answer(202, dataset()), Answer(200, dataset()), working, more, Answer(200, dataset(READY)))
    result = augury("add", "builtin:digits", "--url", service.url)
    assert result.exit_code == 0, result.stderr
    assert result.stderr.splitlines()[1:] == ["queued", "decoding 3/30", "ready"]
    for said in ("30 images of 12×20×3", "ant", "test", "100x80 (29)", "groups: 7", "duplicates: 2",
                 "warning: 1 image is in train and in test."):  # fmt: skip
        assert said in result.stdout


def test_without_waiting_only_the_id_is_printed(service: StandIn) -> None:
    """For scripts that have something else to do."""
    service.will(Answer(202, dataset()))
    result = augury("add", "builtin:digits", "--no-wait", "--url", service.url)
    assert (result.exit_code, result.stdout, len(service.asked)) == (0, f"{ID}\n", 1)


def test_a_dataset_that_fails_exits_1_with_the_reason_and_the_rule(service: StandIn) -> None:
    """The rule can be looked up in the guide."""
    service.will(Answer(202, dataset()), Answer(200, dataset(FAILED)))
    result = augury("add", "builtin:digits", "--url", service.url)
    assert (result.exit_code, result.stdout) == (1, f"{ID}\n")
    assert result.stderr.splitlines()[-1] == f"{ID} failed: There is no image in it. (images.none)"


def test_a_refusal_exits_2_with_every_faulty_field(service: StandIn) -> None:
    """As the service says it."""
    service.will(problem(422, "the dataset cannot be used", ("body.path", "set AUGURY_INGEST_ROOTS")))
    result = augury("add", "path:/data", "--url", service.url)
    assert result.exit_code == 2
    assert "body.path: set AUGURY_INGEST_ROOTS" in result.stderr


def test_the_list_is_one_line_a_dataset(service: StandIn) -> None:
    """With what is known of each; filters are passed on."""
    service.will(Answer(200, {"items": [dataset(READY), dataset(INGESTING)], "next_cursor": "ds_0"}))
    result = augury("list", "--state", "ready", "--kind", "upload", "--url", service.url)
    assert service.asked[0].path == "/v1/datasets?state=ready&kind=upload&limit=20"
    assert [line.split()[:2] for line in result.stdout.splitlines() if line.startswith("ds_")] == [
        [ID, "ready"], [ID, "ingesting"],
    ]  # fmt: skip
    assert "There are more" in result.stdout


def test_show_prints_one_dataset(service: StandIn) -> None:
    """For a person, or as JSON and nothing else."""
    service.will(Answer(200, dataset(FAILED)))
    assert "There is no image in it. (images.none)" in augury("show", ID, "--url", service.url).stdout
    service.will(Answer(200, dataset(READY)))
    assert json.loads(augury("show", ID, "--json", "--url", service.url).stdout) == dataset(READY)


def test_many_classes_do_not_fill_the_screen(service: StandIn) -> None:
    """The rest is in the JSON."""
    facts = dataset(READY)["facts"] | {"classes": {f"class {number}": 1 for number in range(200)}, "splits": {}}
    service.will(Answer(200, dataset(READY, facts=facts)))
    shown = augury("show", ID, "--url", service.url).stdout
    assert "and 180 more classes" in shown
    assert len(shown.splitlines()) < 40


def test_images_are_written_to_a_file(service: StandIn, tmp_path: Path) -> None:
    """The page that was asked for."""
    service.will(Answer(200, b"the sheet", "image/png"))
    output = tmp_path / "new" / "images.png"
    options = ["--class", "ant", "--count", "9", "--page", "2", "--seed", "1", "--output", str(output)]
    result = augury("images", ID, *options, "--url", service.url)
    assert (result.exit_code, result.stdout, output.read_bytes()) == (0, f"{output}\n", b"the sheet")
    assert service.asked[0].path == f"/v1/datasets/{ID}/images?class=ant&count=9&page=2&seed=1"
    assert augury("images", ID, "--output", str(tmp_path), "--url", service.url).exit_code == 2


def test_a_dataset_is_deleted_once(real: str) -> None:
    """The second time there is none."""
    with Client(real) as client:
        added = client.add_dataset("builtin:digits")
        client.delete_dataset(added.id)
        with pytest.raises(RequestRefused) as refused:
            client.delete_dataset(added.id)
    assert refused.value.problem.status == 404
    assert augury("delete", added.id, "--url", real).exit_code == 2


def test_a_jobs_request_may_name_any_dataset(service: StandIn, tmp_path: Path) -> None:
    """The file is sent as it is."""
    path, reference = tmp_path / "request.json", {"kind": "dataset", "id": ID}
    path.write_text(json.dumps(REQUEST | {"dataset": reference}))
    service.will(Answer(202, job()))
    assert CliRunner().invoke(app, ["run", str(path), "--detach", "--url", service.url]).exit_code == 0
    assert service.asked[0].body["dataset"] == reference


def test_the_local_stack_reads_from_the_folders_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Besides those of the environment, whose other variables reach every process as well."""
    monkeypatch.setenv("AUGURY_INGEST_ROOTS", "/data")
    monkeypatch.setenv("AUGURY_INGEST_MAX_BYTES", "1000")
    stack = LocalStack(tmp_path / "stack", data_roots=[tmp_path / "a", tmp_path / "b"])
    env = stack._environment()
    assert env["AUGURY_INGEST_ROOTS"] == f"/data,{tmp_path / 'a'},{tmp_path / 'b'}"
    assert env["AUGURY_INGEST_MAX_BYTES"] == "1000"


def test_a_folder_with_a_comma_cannot_be_listed(tmp_path: Path) -> None:
    """Said before anything is started."""
    (tmp_path / "a,b").mkdir()
    result = CliRunner().invoke(app, ["up", "--data-root", str(tmp_path / "a,b"), "--data-dir", str(tmp_path / "s")])
    assert result.exit_code == 2
    assert not (tmp_path / "s").exists()
