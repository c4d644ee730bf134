"""`augury lint` on files and folders: lines for people, JSON for programs, annotations for GitHub, and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from augury.cli.app import app
from tests.augury.reading.code import IMPORT, notebook

ROOT = Path(__file__).parents[3]
SHEARED = f"{IMPORT}train = ImageDataGenerator(\n    shear_range=0.2,\n    zoom_range=unknown,\n)\n"
LINE = "code/train.py:3:5: warning shear-in-degrees: shear_range=0.2 is 0.2 of a degree"


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder with a file that has something wrong with it, and one that has not."""
    monkeypatch.delenv("AUGURY_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    Path("code").mkdir()
    Path("code/train.py").write_text(SHEARED)
    Path("code/fine.py").write_text(f"{IMPORT}ImageDataGenerator(rescale=1 / 255)\n")
    Path("code/settings.json").write_text('{"name": "nothing of ours"}')


def _lint(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["lint", *arguments])


def test_a_folder_gives_a_line_for_each_finding() -> None:
    """Path, line, column, severity and rule first; what was not looked at is on stderr, with the sum."""
    result = _lint("code")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(LINE)
    assert "code/train.py:2:9: note: not a literal, so not looked at: zoom_range=unknown" in result.stderr
    assert result.stderr.endswith("2 specs in 2 files: 1 warning\n")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 0),
        (["--fail-on", "error"], 0),
        (["--fail-on", "warning"], 1),
        (["--fail-on", "info"], 1),
        (["--strict"], 1),
        (["--fail-on", "warning", "--ignore", "shear-in-degrees"], 0),
    ],
)
def test_the_exit_code_is_what_was_asked_for(options: list[str], code: int) -> None:
    """By the gravest finding that is left."""
    assert _lint("code", *options).exit_code == code


def test_a_file_that_cannot_be_read_fails_nothing() -> None:
    """It is noted: a hook is no judge of Python 2."""
    Path("old.py").write_text("print 'x'\n")
    result = _lint("old.py", "--fail-on", "info")
    assert result.exit_code == 0
    assert "old.py:1:1: note: cannot be read as Python 3" in result.stderr


def test_a_path_that_is_not_there_is_refused() -> None:
    """Before anything is read."""
    assert _lint("nowhere", "code").exit_code == 2


def test_as_json_there_is_all_of_it() -> None:
    """What is known of each spec, what is not, and the findings."""
    (fine, train) = json.loads(_lint("code", "--format", "json").stdout)
    assert fine["specs"][0]["known"] == {"rescale": 1 / 255}
    assert train["specs"][0]["not_literal"] == {"zoom_range": "unknown"}
    assert train["specs"][0]["findings"][0] | {"message": "", "remedy": ""} == {
        "line": 3,
        "column": 5,
        "severity": "warning",
        "rule": "shear-in-degrees",
        "message": "",
        "remedy": "",
    }


def test_what_json_has_no_word_for_is_text_there() -> None:
    """YAML knows dates and infinities, and somebody may give one to a parameter."""
    spec = "{rotation_range: 2020-01-01, cval: .inf, zoom_range: [.nan, 1]}"
    Path("request.yaml").write_text(f"kind: augmentation\ndataset: {{}}\nspec: {spec}\n")
    (file,) = json.loads(_lint("request.yaml", "--format", "json").stdout)
    assert file["specs"][0]["known"] == {"rotation_range": "2020-01-01", "cval": "Infinity", "zoom_range": ["NaN", 1]}
    assert {each["rule"] for each in file["specs"][0]["findings"]} == {"outside-specs"}


def test_for_github_each_finding_is_an_annotation() -> None:
    """Of one line, whatever is in it; those of a notebook are about the file."""
    Path("a,b.ipynb").write_bytes(notebook(SHEARED))
    code, cell = _lint("code", "a,b.ipynb", "--format", "github").stdout.splitlines()
    assert code.startswith("::warning file=code/train.py,line=3,col=5,title=augury shear-in-degrees::shear_range=0.2")
    assert cell.startswith("::warning file=a%2Cb.ipynb,title=augury shear-in-degrees (cell 1%2C line 3)::")


def test_candidates_in_yaml_are_judged_like_those_in_json() -> None:
    """A spec in a file of its own is found by its names."""
    Path("augmentation.yaml").write_text("shear_range: 0.2\nvertical_flip: true\n")
    result = _lint("augmentation.yaml")
    assert "augmentation.yaml:1:1: warning shear-in-degrees" in result.stdout


def test_facts_of_a_dataset_are_used_for_files_too() -> None:
    """The digits are named by what they show."""
    Path("flip.py").write_text(f"{IMPORT}ImageDataGenerator(horizontal_flip=True)\n")
    assert "flip-changes-labels" in _lint("flip.py", "--dataset", "digits").stdout
    assert "flip-changes-labels" not in _lint("flip.py").stdout


def test_the_hook_runs_this_command_on_files_of_these_kinds() -> None:
    """As pre-commit calls it: the entry, its arguments, and the names of the files in the commit."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    program, *command = hook["entry"].split()
    assert program == "augury"
    result = CliRunner().invoke(app, [*command, *hook["args"], "code/train.py", "code/fine.py"])
    assert result.exit_code == 1
    assert result.stdout.startswith(LINE)
    assert CliRunner().invoke(app, [*command, *hook["args"], "code/settings.json"]).exit_code == 0
