"""The project as ``pip install .`` brings it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = {"api_schemas", "augury", "service", "store", "workers"}


def copy_project(source: Path) -> None:
    """Copy what is installed of the project, and folders that must not be."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("docs", "tests", "benchmarks", "examples"):  # which must stay out
        (source / folder).mkdir()
        (source / folder / "__init__.py").touch()
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, source / file)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder into which a copy of the project was installed, without what it depends on."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    copy_project(source)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--no-build-isolation", "--target", str(target), str(source)], check=True)
    return target


def test_nothing_else_lies_at_the_top_of_site_packages(installed: Path) -> None:
    """Five packages, their metadata, and the command."""
    found = {path.name for path in installed.iterdir()}
    assert found - {"bin"} == PACKAGES | {name for name in found if name.endswith(".dist-info")}
    assert [path.name for path in (installed / "bin").iterdir() if path.is_file()] == ["augury"]


def test_every_file_of_a_package_is_installed(installed: Path) -> None:
    """Templates, migrations and the marks of typed packages, too."""
    kinds = ("*.py", "*.j2", "*.typed", "assets/*")
    ours = {path.relative_to(ROOT) for name in PACKAGES for kind in kinds for path in (ROOT / name).rglob(kind)}
    assert {path for path in ours if not (installed / path).is_file()} == set()
