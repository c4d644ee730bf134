"""The datasets that the last group of requests named, as the transaction that accepted it saw them.

Most requests name what others have just named. What they come to is found out by what is remembered; the transaction
that accepts them looks at the dataset itself, and has it found out anew where that is another one by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from api_schemas.datasets.dataset import DatasetFacts
from store.rows.tables import DatasetRow

DatasetKey = tuple[str, str]
"""Whose dataset, and its reference as text."""
DatasetVersion = tuple[str, str | None]
"""A dataset's id and the digest of its content. What was measured of it is the same where these are."""


def version_of(row: DatasetRow | None) -> DatasetVersion | None:
    """Which dataset it is, with which content; None where there is none."""
    return None if row is None else (row.id, row.digest)


@dataclass
class DatasetsLately:
    """For the thread that accepts jobs; of one group, so that it does not grow."""

    rows: Mapping[DatasetKey, DatasetRow] = field(default_factory=dict)
    facts: Mapping[DatasetVersion, DatasetFacts | None] = field(default_factory=dict)

    def note(
        self, rows: Mapping[DatasetKey, DatasetRow | None], facts: Mapping[DatasetVersion, DatasetFacts | None]
    ) -> None:
        """Remember these, and nothing else."""
        self.rows = {key: row for key, row in rows.items() if row is not None}
        versions = {version_of(row) for row in self.rows.values()}
        self.facts = {version: known for version, known in facts.items() if version in versions}

    def forget(self, key: DatasetKey) -> None:
        """It is not what it was."""
        self.rows = {other: row for other, row in self.rows.items() if other != key}
