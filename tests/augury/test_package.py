"""The package as others import it."""

from __future__ import annotations

import subprocess
import sys

import augury

HEAVY = (
    "tensorflow",
    "keras",
    "numpy",
    "redis",
    "celery",
    "sqlalchemy",
    "typer",
    "rich",
    "service",
    "store",
    "workers",
)


def test_the_public_names_are_the_client_and_the_errors() -> None:
    """What the package promises is short."""
    errors = {name for name in augury.__all__ if issubclass(getattr(augury, name), augury.AuguryError)}
    assert set(augury.__all__) - errors == {"Client"}


def test_importing_it_loads_nothing_heavy() -> None:
    """A script that only talks to a service pays for nothing else, and needs nothing else installed."""
    program = f"import sys, augury; print([name for name in {HEAVY} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "[]"
