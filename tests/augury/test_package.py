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


def test_the_public_names_are_the_client_a_comparison_publishing_and_the_errors() -> None:
    """What the package promises is short."""
    things = {name: getattr(augury, name) for name in augury.__all__}
    errors = {name for name, each in things.items() if isinstance(each, type) and issubclass(each, augury.AuguryError)}
    assert set(things) - errors == {"Client", "compare", "publish_to_card", "publish_to_mlflow"}


def test_importing_it_loads_nothing_heavy() -> None:
    """A script that only talks to a service pays for nothing else, and needs nothing else installed."""
    program = f"import sys, augury; print([name for name in {HEAVY} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "[]"
