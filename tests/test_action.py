"""``action.yml``: what a reader of it relies on, without running it (``tests/end_to_end/checks/`` does)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.test_installed import copy_project

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "action.yml").read_text()
ACTION: dict[str, Any] = yaml.safe_load(TEXT)
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
GUIDE = (ROOT / "docs" / "check-pull-requests.md").read_text()
SCRIPTS = {step["name"]: step["run"] for step in STEPS if "run" in step}


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_has_an_input_in_its_text(name: str) -> None:
    """GitHub would put it there before the shell reads it, and whoever opens a pull request could run commands."""
    assert "${{" not in SCRIPTS[name]
    assert re.search(r"\beval\b", SCRIPTS[name]) is None


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_is_bash(name: str) -> None:
    """As bash itself says."""
    checked = subprocess.run(["bash", "-n"], input=SCRIPTS[name], text=True, capture_output=True, check=False)
    assert checked.stderr == ""


def test_other_actions_are_pinned_by_commit_and_say_their_version() -> None:
    """A tag can be moved to other code."""
    used = re.findall(r"uses: (\S+)@(\S+)(.*)", TEXT)
    assert len(used) == sum("uses" in step for step in STEPS)
    for name, commit, comment in used:
        assert re.fullmatch(r"[0-9a-f]{40}", commit), name
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), name


def test_the_key_goes_to_the_comparison_and_to_no_other_step() -> None:
    """The scripts of others, and those that install, have no use for it."""
    assert [step["name"] for step in STEPS if "api-key" in str(step)] == ["Compare"]


def test_every_input_is_used_and_every_one_that_is_used_is_described() -> None:
    """A name that is misspelt would be empty without a word."""
    named = set(re.findall(r"\binputs\.([\w-]+)", TEXT))
    assert named == set(ACTION["inputs"])


def test_what_a_step_is_asked_for_it_gives() -> None:
    """Outputs that are looked up are written, or are those that other actions promise."""
    written = {step["id"]: set(re.findall(r'echo "([\w-]+)=', step.get("run", ""))) for step in STEPS if "id" in step}
    written["upload"] = {"artifact-url"}
    asked = set(re.findall(r"\bsteps\.(\w+)\.outputs\.([\w-]+)", TEXT))
    assert {(step, name) for step, name in asked if name not in written[step]} == set()


def test_the_extras_that_are_installed_exist() -> None:
    """What is needed with a server, and without one."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(re.findall(r"echo (client|local)\b", SCRIPTS["Prepare"])) <= set(extras)


def test_the_command_is_installed_from_the_actions_own_checkout(tmp_path: Path) -> None:
    """Whatever the folder is called; here without what it depends on, which takes an index."""
    checkout, environment = tmp_path / "an action", tmp_path / "environment"
    checkout.mkdir()
    copy_project(checkout)
    shown = {"GITHUB_ACTION_PATH": str(checkout), "EXTRA": "client", "ENVIRONMENT": str(environment)}
    # Of an option that begins with "no", pip takes the variable for the option without it: isolation is off by 0.
    offline = {"PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    path = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": sysconfig.get_path("purelib")}
    script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", SCRIPTS["Install Augury"]]
    subprocess.run(script, env={**os.environ, **path, **offline, **shown}, check=True)
    assert (environment / "bin" / "augury").is_file()
    installed = next((environment / "lib").glob("python*")) / "site-packages"
    assert (installed / "augury" / "cli" / "app.py").is_file()


def test_the_guide_describes_every_input_and_output() -> None:
    """In tables, by name."""
    rows = set(re.findall(r"^\| `([\w-]+)` \|", GUIDE, re.MULTILINE))
    assert set(ACTION["inputs"]) | set(ACTION["outputs"]) <= rows


def test_the_guides_workflows_are_yaml_that_uses_what_there_is() -> None:
    """Inputs and outputs of these names exist."""
    workflows = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)]
    steps = [step for each in workflows for job in each.get("jobs", {}).values() for step in job["steps"]]
    ours = [step for step in steps if str(step.get("uses", "")).startswith("augury-ml/augury@")]
    assert ours
    assert {name for step in ours for name in step["with"]} <= set(ACTION["inputs"])
    assert set(re.findall(r"steps\.augury\.outputs\.([\w-]+)", GUIDE)) <= set(ACTION["outputs"])
