"""Specs in JSON and YAML: requests, and mappings that can be nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.reading.documents import read_json, read_yaml_file
from augury.reading.found import Contents, Position
from augury.reading.paths import MEBIBYTE, files_of, read_file
from tests.api_schemas.specs import accepted_specs
from tests.augury.reading.code import IMPORT

REQUEST = {
    "kind": "comparison",
    "dataset": {"kind": "builtin", "name": "digits"},
    "candidates": [{"name": "far", "spec": {"rotation_range": 400}}, {"name": "typo", "spec": {"rotation_rage": 4}}],
}


@pytest.mark.parametrize(("read", "dump"), [(read_json, json.dumps), (read_yaml_file, yaml.safe_dump)])
def test_every_candidate_of_a_request_is_a_spec_whatever_is_wrong_with_it(
    read: Callable[[bytes], Contents], dump: Callable[..., str]
) -> None:
    """By its name; fields that there are not are named."""
    far, typo = read(dump(REQUEST).encode()).specs
    assert (far.name, far.arguments) == ("far", {"rotation_range": 400})
    assert (typo.name, list(typo.unknown)) == ("typo", ["rotation_rage"])


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('{"rotation_range": 20, "horizontal_flip": true}', 1),
        ('{"train": {"augmentation": [{"rotation_range": 20, "zoom_range": 0.2, "rescale": 0.004}]}}', 1),
        ('{"rotation_range": 20, "horizontal_flip": true, "batch_size": 32}', 0),
        ('{"rotation_range": [-10, 10], "horizontal_flip": 0.5}', 0),
        ('{"rotation_range": 20}', 0),
        ('{"dtype": "float32", "rescale": 1, "fill_mode": "nearest"}', 0),
        ('{"spec": {"rotation_range": 20}}', 0),
        ("[1, 2, null]", 0),
    ],
)
def test_a_mapping_is_a_spec_only_where_it_can_be_nothing_else(text: str, count: int) -> None:
    """All of it parameters, two of them nobody else's, and all values what they take."""
    assert len(read_json(text.encode()).specs) == count
    assert len(read_yaml_file(text.encode()).specs) == count


def test_specs_are_where_they_begin() -> None:
    """Of YAML each key is known, too."""
    assert read_json(b'{\n "a": {"rotation_range": 20,\n "vertical_flip": true}}').specs[0].position == Position(
        0, 2, 7
    )
    (found,) = read_yaml_file(b"a:\n  rotation_range: 20\n  vertical_flip: true\n").specs
    assert found.positions == {"rotation_range": Position(0, 2, 3), "vertical_flip": Position(0, 3, 3)}


def test_merged_mappings_of_yaml_are_whole() -> None:
    """What is written beside the merge wins."""
    text = b"base: &b {rotation_range: 20, zoom_range: 0.1}\nmine:\n  <<: *b\n  zoom_range: 0.2\n"
    assert [found.arguments for found in read_yaml_file(text).specs] == [
        {"rotation_range": 20, "zoom_range": 0.1},
        {"rotation_range": 20, "zoom_range": 0.2},
    ]


@given(spec=accepted_specs(), form=st.sampled_from(["json", "yaml"]))
def test_a_spec_of_a_request_is_read_as_it_was_written(spec: ImageDataGeneratorSpec, form: str) -> None:
    """In either form."""
    body = {"kind": "augmentation", "dataset": {}, "spec": spec.model_dump(mode="json")}
    if form == "json":
        (found,) = read_json(json.dumps(body).encode()).specs
    else:
        (found,) = read_yaml_file(yaml.safe_dump(body).encode()).specs
    assert ImageDataGeneratorSpec.model_validate(dict(found.arguments)) == spec


def test_folders_are_walked_without_what_others_wrote(tmp_path: Path) -> None:
    """Hidden folders, environments and caches are left out; a file that is named is read wherever it is."""
    for name in ("a.py", "b/c.ipynb", "b/d.txt", ".git/e.py", "node_modules/f.py", "mine/pyvenv.cfg", "mine/g.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    named = tmp_path / ".git" / "e.py"
    found = [path.relative_to(tmp_path).as_posix() for path in files_of([tmp_path, named, tmp_path / "a.py"])]
    assert found == ["a.py", "b/c.ipynb", ".git/e.py"]


def test_a_file_is_read_by_the_end_of_its_name_and_within_a_bound(tmp_path: Path) -> None:
    """Whatever cannot be read has a note."""
    (tmp_path / "a.PY").write_text(f"{IMPORT}ImageDataGenerator()")
    (tmp_path / "large.py").write_bytes(b"#" * (4 * MEBIBYTE + 1))
    (tmp_path / "other.txt").touch()
    assert len(read_file(tmp_path / "a.PY").specs) == 1
    assert "larger than 4 MiB" in read_file(tmp_path / "large.py").notes[0].message
    assert "is none of" in read_file(tmp_path / "other.txt").notes[0].message
    assert "cannot be read" in read_file(tmp_path / "missing.py").notes[0].message
