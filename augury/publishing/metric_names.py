"""Names of metrics as MLflow takes them: letters, digits and some signs, with slashes between groups."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_KEY_LENGTH = 200
"""Of the part that comes from outside; MLflow takes 250 in all."""
_NOT_TAKEN = re.compile(r"[^\w\-. :]", re.ASCII)
_ONLY_DOTS = re.compile(r"\.*")


def taken_names(names: Iterable[str]) -> dict[str, str]:
    """What each of *names* is called in a key: itself where it can be, else with ``_`` for what cannot be, and a number
    where that is another's name already. No two are called the same.
    """
    called: dict[str, str] = {}
    taken = set[str]()
    for name in dict.fromkeys(names):
        base = _NOT_TAKEN.sub("_", name)[:MAX_KEY_LENGTH].strip() or "_"
        base = "_" * len(base) if _ONLY_DOTS.fullmatch(base) else base
        key, number = base, 2
        while key in taken:
            key, number = f"{base}_{number}", number + 1
        called[name] = key
        taken.add(key)
    return called
