"""The steps of ``action.yml``, carried out as a runner does: scripts by bash, other actions by what they promise."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
_LOOKED_UP = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
_TERM = re.compile(r"([\w.-]+) (==|!=) '([^']*)'")


def action() -> dict[str, Any]:
    """``action.yml``."""
    content: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
    return content


@dataclass
class Run:
    """One run of the action.

    Attributes:
        code: of the step that ended it, or 0.
        outputs: of the action.
        summary: what was added to the run's summary.
        log: what the steps printed.
        done: the names of the steps that were carried out.
    """

    code: int = 0
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    log: str = ""
    done: list[str] = field(default_factory=list)


@dataclass
class Runner:
    """A machine that is thrown away after each run, as those of GitHub are; only caches and artifacts stay.

    Attributes:
        folder: of the caches, the artifacts and the machine.
        workspace: the repository's checkout, in which steps run.
    """

    folder: Path
    workspace: Path
    runs: int = 0

    def run(self, inputs: Mapping[str, str], environment: Mapping[str, str]) -> Run:
        """Carry the action out, from the first step to the last."""
        described, run = action(), Run()
        self.runs += 1
        machine = self.folder / "machine"
        shutil.rmtree(machine, ignore_errors=True)
        machine.mkdir(parents=True)
        known: dict[str, str] = {
            "github.run_id": str(self.runs),
            "github.run_attempt": "1",
            "runner.os": "Linux",
        }
        for name, details in described["inputs"].items():
            known[f"inputs.{name}"] = inputs.get(name, str(details.get("default", "")))
        assert inputs.keys() <= described["inputs"].keys()
        for number, step in enumerate(described["runs"]["steps"]):
            if not _is_due(step.get("if", ""), known, has_failed=run.code != 0):
                continue
            run.done.append(step["name"])
            outputs = self._used(step, known) if "uses" in step else self._script(step, known, environment, number, run)
            known |= {f"steps.{step['id']}.outputs.{name}": value for name, value in outputs.items() if "id" in step}
        run.outputs = {name: _filled(each["value"], known) for name, each in described["outputs"].items()}
        return run

    def _script(
        self, step: dict[str, Any], known: Mapping[str, str], environment: Mapping[str, str], number: int, run: Run
    ) -> dict[str, str]:
        """Run a script in the checkout; what it wrote for later steps."""
        machine = self.folder / "machine"
        script, output, summary = (machine / f"{name}-{number}" for name in ("script", "output", "summary"))
        script.write_text(step["run"])
        output.touch()
        summary.touch()
        folders = {"GITHUB_ACTION_PATH": str(ROOT), "RUNNER_TEMP": str(machine)}
        files = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
        given = {name: _filled(str(value), known) for name, value in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace,
            env={**os.environ, **environment, **folders, **files, **given},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        run.code = run.code or done.returncode
        run.log += done.stdout
        run.summary += summary.read_text()
        return dict(line.split("=", 1) for line in output.read_text().splitlines())

    def _used(self, step: dict[str, Any], known: Mapping[str, str]) -> dict[str, str]:
        """What an action of GitHub's promises to do, done to folders here."""
        given = {name: _filled(str(value), known) for name, value in step.get("with", {}).items()}
        name = step["uses"].partition("@")[0]
        if name == "actions/cache/restore":
            self._restore(given)
        elif name == "actions/cache/save":
            shutil.copytree(given["path"], self.folder / "caches" / given["key"])
        elif name == "actions/upload-artifact":
            shutil.copytree(given["path"], self.folder / "artifacts" / f"{self.runs}")
            return {"artifact-url": f"https://127.0.0.1/artifacts/{self.runs}"}
        else:
            raise AssertionError(f"no part here does what {name} does")
        return {}

    def _restore(self, given: Mapping[str, str]) -> None:
        """The newest cache whose key begins as one may."""
        found = [path for path in (self.folder / "caches").glob("*") if path.name.startswith(given["restore-keys"])]
        if found:
            newest = max(found, key=lambda path: path.stat().st_ctime_ns)
            shutil.copytree(newest, given["path"], dirs_exist_ok=True)


def _filled(text: str, known: Mapping[str, str]) -> str:
    """*text* with the values of its expressions; those of steps that did not run are empty."""
    return _LOOKED_UP.sub(lambda found: known.get(found.group(1), ""), text)


def _is_due(condition: str, known: Mapping[str, str], *, has_failed: bool) -> bool:
    """Whether a step with this condition runs."""
    terms = [term.strip() for term in condition.split("&&") if term.strip()]
    if has_failed and "always()" not in terms:
        return False
    return all(_holds(term, known) for term in terms if term != "always()")


def _holds(term: str, known: Mapping[str, str]) -> bool:
    parsed = _TERM.fullmatch(term)
    assert parsed is not None, term
    name, operator, value = parsed.groups()
    return (known.get(name, "") == value) is (operator == "==")
