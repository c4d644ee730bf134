"""What the operator's settings refuse, and how URLs are read."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.datasets.reference_rules import refusal_of
from augury.datasets.settings import IngestSettings
from augury.datasets.urls import parse_url

SHA256 = "0" * 64
OPEN = IngestSettings(
    roots=[Path("/data"), Path("/data/inner"), Path("/mnt/a b")],
    buckets=["s3://images", "gs://flowers/"],
    url=True,
    url_hosts=["files.example", "odd.example:8443"],
    huggingface_endpoint="http://127.0.0.1:1",
    downloads=True,
)
ALLOWED: list[dict[str, Any]] = [
    {"kind": "builtin", "name": "mnist"},
    {"kind": "upload", "sha256": SHA256},
    {"kind": "dataset", "id": "ds_" + "0" * 32},
    {"kind": "path", "path": "/data"},
    {"kind": "path", "path": "//data/./flowers/..hidden"},
    {"kind": "path", "path": "/mnt/a b/c"},
    {"kind": "url", "url": "https://files.example/a.zip"},
    {"kind": "url", "url": "https://FILES.example:443/a.zip?x=1"},
    {"kind": "url", "url": "https://odd.example:8443/"},
    {"kind": "s3", "bucket": "images", "key": ""},
    {"kind": "s3", "bucket": "images", "key": "a/b.zip"},
    {"kind": "gs", "bucket": "flowers", "key": "all/"},
    {"kind": "huggingface", "repository": "owner/name"},
]
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": "path", "path": "/etc/passwd"}, "path", "path.outside_roots"),
    ({"kind": "path", "path": "/database"}, "path", "path.outside_roots"),
    ({"kind": "path", "path": "/data/../etc"}, "path", "path.outside_roots"),
    ({"kind": "path", "path": "/"}, "path", "path.outside_roots"),
    ({"kind": "url", "url": "https://other.example/a.zip"}, "url", "url.host"),
    ({"kind": "url", "url": "https://files.example:8443/a.zip"}, "url", "url.host"),
    ({"kind": "url", "url": "https://files.example@other.example/"}, "url", "url.host"),
    ({"kind": "s3", "bucket": "flowers", "key": "a"}, "bucket", "bucket.not_allowed"),
    ({"kind": "gs", "bucket": "images", "key": "a"}, "bucket", "bucket.not_allowed"),
    ({"kind": "s3", "bucket": "images", "key": "a/../b"}, "key", "bucket.key"),
    ({"kind": "s3", "bucket": "images", "key": "/a"}, "key", "bucket.key"),
    ({"kind": "s3", "bucket": "images", "key": "a//"}, "key", "bucket.key"),
    ({"kind": "s3", "bucket": "images", "key": "a\x00b"}, "key", "bucket.key"),
]


@pytest.mark.parametrize("reference", ALLOWED, ids=lambda reference: "-".join(map(str, reference.values())))
def test_what_the_operator_allows_is_not_refused(reference: dict[str, Any]) -> None:
    """Each kind has something that it accepts."""
    assert refusal_of(reference, OPEN) is None


@pytest.mark.parametrize(("reference", "field", "rule"), REFUSED, ids=lambda value: str(value)[:60])
def test_what_the_settings_do_not_name_is_refused(reference: dict[str, Any], field: str, rule: str) -> None:
    """With the field at fault, and the rule that a failed ingestion would give."""
    refusal = refusal_of(reference, OPEN)
    assert refusal is not None
    assert (refusal.field, refusal.rule) == (field, rule)


@pytest.mark.parametrize(
    ("reference", "variable"),
    [
        ({"kind": "builtin", "name": "mnist"}, "AUGURY_INGEST_DOWNLOADS"),
        ({"kind": "path", "path": "/data/a"}, "AUGURY_INGEST_ROOTS"),
        ({"kind": "url", "url": "https://files.example/a.zip"}, "AUGURY_INGEST_URL"),
        ({"kind": "s3", "bucket": "images", "key": "a"}, "AUGURY_INGEST_BUCKETS"),
        ({"kind": "gs", "bucket": "images", "key": "a"}, "AUGURY_INGEST_BUCKETS"),
        ({"kind": "huggingface", "repository": "a"}, "AUGURY_INGEST_HUGGINGFACE_ENDPOINT"),
    ],
    ids=lambda value: str(value),
)
def test_nothing_is_fetched_unless_it_is_switched_on(reference: dict[str, Any], variable: str) -> None:
    """Without settings every kind but digits and uploads is refused, and the message names what would allow it."""
    found = refusal_of(reference, IngestSettings())
    assert found is not None
    assert variable in found.message


def test_an_upload_needs_no_setting() -> None:
    """Whoever may use the service may send it files."""
    assert refusal_of({"kind": "upload", "sha256": SHA256}, IngestSettings()) is None


def test_a_refused_path_says_nothing_about_what_is_there() -> None:
    """The message is the same whether the file exists or not."""
    messages = {str(refusal_of({"kind": "path", "path": path}, OPEN)) for path in ("/etc/passwd", "/etc/no-such-file")}
    assert len(messages) == 1


@pytest.mark.parametrize(
    "text",
    [
        "https://a@b.example/",
        "https://a:b@c.example/",
        "https://good.example\\@evil.example/",
        "https://good.example\\.evil.example/",
        "https://a.example:0/",
        "https://a.example:99999/",
        "https://a.example:/",
        "https://a.example:1a/",
        "https://a.example/\r\nHost: b.example",
        "https://a.example/\tb",
        "https://a.example/ b",
        "https://a.exämple/",
        "https:///a",
        "https://",
        "https:a.example",
        "//a.example/",
        "ftp://a.example/",
        "file:///etc/passwd",
        "https://0x7f.1/",
        "https://2130706433/",
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://1.2.3.4.5/",
        "https://a..example/",
        "https://.example/",
        "https://a.example./",
        "https://-a.example/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://[::1].evil.example/",
        "https://%31%32%37.0.0.1/",
    ],
)
def test_a_url_that_could_be_read_in_two_ways_is_refused(text: str) -> None:
    """Users and passwords, backslashes, control characters, odd ports, odd spellings of addresses."""
    with pytest.raises(ValueError):
        parse_url(text)


@pytest.mark.parametrize(
    ("text", "rebuilt"),
    [
        ("https://A.Example", "https://a.example/"),
        ("https://a.example:443/b?c=d&e#f", "https://a.example/b?c=d&e"),
        ("http://a.example:8080/b%20c", "http://a.example:8080/b%20c"),
        ("https://[2001:DB8::1]:8443/x", "https://[2001:db8::1]:8443/x"),
        ("https://192.0.2.1/?q", "https://192.0.2.1/?q"),
    ],
)
def test_a_url_is_put_together_again_from_its_parts(text: str, rebuilt: str) -> None:
    """Host in lower case, no port that goes without saying, no fragment."""
    assert str(parse_url(text)) == rebuilt


@given(st.one_of(st.text(), st.from_regex(r"https?://[\w.@:\\\[\]%-]{0,30}(/\S{0,20})?", fullmatch=True)))
def test_whatever_is_accepted_is_read_the_same_way_again(text: str) -> None:
    """Reading and rebuilding any text either fails clearly or settles after the first time."""
    with contextlib.suppress(ValueError):
        url = parse_url(text)
        assert parse_url(str(url)) == url
