"""The library without what a module does not need: each in an environment of its extra alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OURS = {"api_schemas", "augury"}

EXTRA_OF = {
    "augury": "",
    "augury.archives": "engine",
    "augury.augmentation": "images",
    "augury.cli": "client",
    "augury.client": "client",
    "augury.comparing": "compare",
    "augury.conditions": "images",
    "augury.datasets": "engine",
    "augury.errors": "",
    "augury.evidence": "engine",
    "augury.exports": "",
    "augury.field_problems": "",
    "augury.files": "",
    "augury.imports": "",
    "augury.linting": "lint",
    "augury.local": "local",
    "augury.memory": "",
    "augury.monitor": "",
    "augury.planning": "engine",
    "augury.private_files": "",
    "augury.probing": "training",
    "augury.proposing": "",
    "augury.publishing": "client",
    "augury.reading": "",
    "augury.reporting": "reports",
    "augury.telemetry": "engine",
    "augury.training": "training",
    "augury.value_scale": "",
    "augury.wording": "",
}
"""The extra under which a package, and everything in it, can be imported; '' is none at all."""

NEVER_IN_THE_ENGINE = {"celery", "fastapi", "jinja2", "keras", "pyarrow", "sqlalchemy", "tensorflow"}

REFUSING = """
import sys
allowed = set({allowed!r}) | set(sys.stdlib_module_names)
class Refuse:
    @staticmethod
    def find_spec(name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in allowed and not top.startswith("_"):
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Refuse)
"""
"""Run at the start of every Python below: what a module finds where nothing else is installed."""


def _modules() -> Iterator[str]:
    for path in sorted((ROOT / "augury").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[-1] != "__main__":
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _package_of(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _required(extra: str) -> Iterator[Requirement]:
    """What the extra of this project asks for, other extras of it included."""
    for line in [*PROJECT["dependencies"], *(PROJECT["optional-dependencies"][extra] if extra else [])]:
        requirement = Requirement(line)
        if requirement.name == PROJECT["name"]:
            for inner in requirement.extras:
                yield from _required(inner)
        elif requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement


@cache
def _distributions(extra: str) -> frozenset[str]:
    """Names of all distributions that installing the extra brings."""
    found: set[tuple[str, str]] = set()
    due = [(canonicalize_name(each.name), inner) for each in _required(extra) for inner in ("", *each.extras)]
    while due:
        name, inner = due.pop()
        if (name, inner) in found:
            continue
        found.add((name, inner))
        for line in requires(name) or []:
            each = Requirement(line)
            if each.marker is None or each.marker.evaluate({"extra": inner}):
                due += [(canonicalize_name(each.name), deeper) for deeper in ("", *each.extras)]
    return frozenset(name for name, _ in found)


@cache
def _importable(extra: str) -> list[str]:
    """The modules at the top of an environment with that extra."""
    there = _distributions(extra)
    third_party = {
        top
        for top, distributions in packages_distributions().items()
        if any(canonicalize_name(each) in there for each in distributions)
    }
    return sorted(third_party | OURS)


def _run(extra: str, program: str, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "sitecustomize.py").write_text(REFUSING.format(allowed=_importable(extra)))
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([folder, str(ROOT)])}
        environment.pop("AUGURY_URL", None)
        command = [sys.executable, "-c", program, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=environment)


def test_every_package_has_an_extra() -> None:
    """A new one does not silently escape, and none is kept that is gone."""
    assert {_package_of(module) for module in _modules()} == set(EXTRA_OF)


@pytest.mark.parametrize("extra", sorted(set(EXTRA_OF.values())))
def test_every_module_can_be_imported_under_its_extra(extra: str) -> None:
    """With nothing installed but what that extra brings."""
    modules = [module for module in _modules() if EXTRA_OF[_package_of(module)] == extra]
    done = _run(extra, f"import importlib\nfor name in {modules!r}: importlib.import_module(name)")
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_engine_needs_no_framework() -> None:
    """What the extra brings is checked against what it must not, and the hook really refuses."""
    assert NEVER_IN_THE_ENGINE.isdisjoint(_importable("engine"))
    refused = _run("engine", "import keras")
    assert "ModuleNotFoundError: No module named 'keras'" in refused.stderr


def test_a_spec_is_applied_and_linted_with_the_engine_alone() -> None:
    """The two lines that a notebook begins with."""
    program = """
import json, numpy as np
from augury.augmentation import Pipeline
from augury.linting import lint
from api_schemas.augmentation import ImageDataGeneratorSpec
spec = ImageDataGeneratorSpec(rotation_range=0.3, horizontal_flip=True)
batch = next(Pipeline(spec).flow(np.zeros((4, 8, 8, 1), np.uint8), batch_size=4, seed=1))
print(json.dumps([batch.shape, [found.rule for found in lint(spec)]]))
"""
    done = _run("engine", program)
    shape, rules = json.loads(done.stdout)
    assert shape == [4, 8, 8, 1]
    assert "rotation-in-degrees" in rules


def test_an_engine_without_bfloat16_says_how_to_get_it() -> None:
    """Every other type is there without any further library."""
    program = """
import numpy as np
from augury.augmentation import Pipeline
from augury.errors import NotInstalled
from api_schemas.augmentation import ImageDataGeneratorSpec
halves = Pipeline(ImageDataGeneratorSpec(rescale=1 / 255), output="float16")
print(halves.preprocess(np.full((1, 2, 2, 1), 255, np.uint8)).ravel())
try:
    Pipeline(ImageDataGeneratorSpec(), output="bfloat16")
except NotInstalled as error:
    print(error)
"""
    done = _run("images", program)
    assert done.stdout.splitlines()[0] == "[1. 1. 1. 1.]", done.stderr[-2000:]
    assert "pip install ml_dtypes" in done.stdout


def test_importing_the_package_loads_no_library() -> None:
    """Neither NumPy nor Keras, nor even pydantic: whoever wants one part does not wait for the others."""
    program = "import augury, sys; print([name for name in ('keras', 'numpy', 'pydantic') if name in sys.modules])"
    assert _run("", program).stdout.strip() == "[]"


def test_the_command_lints_and_previews_with_the_engine_alone(tmp_path: Path) -> None:
    """No service, no framework: a request file, and a local archive read in a process of its own."""
    (tmp_path / "spec.json").write_text('{"rotation_range": 20, "horizontal_flip": true}')
    np.savez(tmp_path / "photos.npz", x=np.zeros((4, 8, 8, 1), np.uint8), y=np.arange(4) % 2)
    program = "from augury.cli.app import app; app()"
    linted = _run("engine", program, "lint", "spec.json", "--dataset", "photos.npz", cwd=tmp_path)
    assert "Basis: 4 images of 8×8×1" in linted.stdout, linted.stderr[-2000:]
    drawn = _run("engine", program, "preview", "spec.json", "--dataset", "photos.npz", cwd=tmp_path)
    assert drawn.returncode == 0, drawn.stderr[-2000:]
    assert (tmp_path / "preview.png").read_bytes().startswith(b"\x89PNG")


def test_a_client_without_the_engine_says_how_to_get_it(tmp_path: Path) -> None:
    """Or to name a service, which it can ask."""
    (tmp_path / "spec.json").write_text("{}")
    program = "from augury.cli.app import app; app()"
    done = _run("client", program, "lint", "spec.json", cwd=tmp_path)
    assert done.returncode == 2
    assert "pip install 'augury[engine]'" in done.stderr


def test_files_are_linted_with_their_extra_alone(tmp_path: Path) -> None:
    """As the hook before a commit installs it: Python and YAML, and the rule about splines without SciPy."""
    call = "ImageDataGenerator(shear_range=0.2, rotation_range=20, interpolation_order=3)"
    (tmp_path / "train.py").write_text(f"from keras.preprocessing.image import ImageDataGenerator\n{call}\n")
    (tmp_path / "augmentation.yaml").write_text("shear_range: 0.2\nvertical_flip: true\n")
    program = "from augury.cli.app import app; app()"
    done = _run("lint", program, "lint", "--fail-on", "warning", "train.py", "augmentation.yaml", cwd=tmp_path)
    assert done.returncode == 1, done.stderr[-2000:]
    assert "train.py:2:56: warning spline-rings" in done.stdout
    assert "augmentation.yaml:1:1: warning shear-in-degrees" in done.stdout
    without = _run("client", program, "lint", "train.py", cwd=tmp_path)
    assert without.returncode == 2
    assert without.stderr.count("pip install 'augury[lint]'") == 1
    assert "--url" not in without.stderr


def test_a_client_without_a_stack_says_how_to_get_one(tmp_path: Path) -> None:
    """Where `augury compare` would have to start it."""
    program = "from augury.cli.app import app; app()"
    done = _run("client", program, "compare", "digits", "--flip", "--local", cwd=tmp_path)
    assert done.returncode == 2
    assert "pip install 'augury[local]'" in done.stderr


def test_a_client_without_mlflow_says_how_to_get_it() -> None:
    """Where something is to be published there."""
    program = """
from augury.errors import NotInstalled
from augury.publishing.mlflow_client import connected
try:
    connected("http://127.0.0.1:1")
except NotInstalled as error:
    print(error)
"""
    assert "pip install 'augury[mlflow]'" in _run("client", program).stdout
