"""What pages are made of: the package's own files, known by their content."""

from __future__ import annotations

import hashlib
import json

import pytest

from service.web.assets import FOLDER, asset_path, assets
from service.web.rendering import POLICY
from tests.service.auth.conftest import Guarded

VENDORED = json.loads((FOLDER / "VENDORED.json").read_text())


@pytest.mark.parametrize("package", VENDORED, ids=lambda each: each["package"])
def test_what_others_wrote_is_as_they_published_it(package: dict[str, object]) -> None:
    """By its digest, with the licence beside it."""
    files = package["sha256"]
    assert isinstance(files, dict)
    assert [name for name in files if name.endswith(".LICENSE.txt")]
    for name, digest in files.items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest


def test_minified_files_are_listed_as_those_of_others() -> None:
    """Nothing of others is there without its version and licence."""
    listed = {name for package in VENDORED for name in package["sha256"]}
    assert {path.name for path in FOLDER.glob("*.min.*")} <= listed


@pytest.mark.parametrize("name", sorted(assets()))
def test_a_file_may_be_kept_for_ever_at_a_path_that_changes_with_it(name: str, guarded: Guarded) -> None:
    """Anybody may have it, who is signed in or not, compressed where that is understood."""
    asset = assets()[name]
    answer = guarded.client.get(asset_path(name))
    assert answer.content == asset.content
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "gzip"
    plain = guarded.client.get(asset_path(name), headers={"Accept-Encoding": "identity"})
    assert plain.content == asset.content
    assert "Content-Encoding" not in plain.headers


@pytest.mark.parametrize("path", ["/static/0/page.js", "/static/VENDORED.json", "/static/x/..%2f..%2frendering.py"])
def test_nothing_else_is_served(path: str, guarded: Guarded) -> None:
    """Neither an older content's address nor another file."""
    assert guarded.client.get(path).status_code == 404


def test_our_own_files_have_nothing_that_the_policy_forbids() -> None:
    """No text is made into code or markup, and no other host is named."""
    for path in [*FOLDER.glob("*.js"), *FOLDER.glob("*.css")]:
        if ".min." in path.name:
            continue
        text = path.read_text()
        for forbidden in ("eval(", "new Function", "innerHTML", "outerHTML", "insertAdjacentHTML", "https://"):
            assert forbidden not in text, path.name
    assert "unsafe" not in POLICY
