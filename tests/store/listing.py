"""What is stored among the artifacts, looked at from behind: no code of ours needs to list them."""

from __future__ import annotations

from store.files.artifacts import Artifacts


def names_below(artifacts: Artifacts, prefix: str) -> list[str]:
    """The names of all that is stored below the folder *prefix*, sorted."""
    found = artifacts._filesystem.find(f"{artifacts._root}/{prefix}")
    return sorted(path.removeprefix(f"{artifacts._root}/") for path in found)
