"""What a project's files come to: on the row of each dataset, model and job, and summed up in one row a project.

Both are written in one transaction, so that the sum is right whatever breaks off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import DatasetFacts
from store.database import insert_into
from store.rows.quotas.tables import StoredBytesRow
from store.rows.tables import DatasetRow, JobRow, RegisteredModelRow

_BYTES_PER_VALUE = {"uint8": 1, "uint16": 2, "float32": 4}


def images_bytes(facts: DatasetFacts) -> int:
    """What the images of a dataset come to, as they are stored."""
    return facts.images * math.prod(facts.shape) * _BYTES_PER_VALUE.get(facts.dtype, 4)


def files_bytes(artifacts: Mapping[str, Any] | None) -> int:
    """What the files of a job come to that its client may download."""
    return sum(int(each["bytes"]) for each in (artifacts or {}).values())


def note(session: Session, row: DatasetRow | JobRow | RegisteredModelRow, stored: int) -> None:
    """All that a row's files come to from now on.

    The project's sum is held until the transaction ends: it should be the last that is written.
    """
    more = stored - row.stored_bytes
    row.stored_bytes = stored
    session.flush()
    change(session, {row.project_id: more})


def change(session: Session, more: Mapping[str, int]) -> None:
    """So many bytes more, or fewer, of each of these projects."""
    for project, by in sorted(more.items()):  # in one order, so that two transactions do not wait for each other
        if by:
            insert = insert_into(session, StoredBytesRow).values(project_id=project, bytes=by)
            summed = {"bytes": StoredBytesRow.bytes + by}
            session.execute(insert.on_conflict_do_update(index_elements=[StoredBytesRow.project_id], set_=summed))


def total(session: Session, project: str) -> int:
    """What a project's files come to."""
    found = session.scalar(select(StoredBytesRow.bytes).where(StoredBytesRow.project_id == project))
    return found or 0
