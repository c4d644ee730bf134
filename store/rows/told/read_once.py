"""Whether datasets and models have changed, for less than reading them costs: their facts and layers are large."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from store.ids import is_identifier
from store.rows.tables import DatasetRow, RegisteredModelRow

Kind = type[DatasetRow] | type[RegisteredModelRow]
_DELETED = "deleted"


def version_of(session: Session, kind: Kind, project: str, row_id: str) -> tuple[Any, ...] | None:
    """Equal to an earlier one where the project's row looks the same; None where it has none of this id any more."""
    if not is_identifier(row_id):
        return None
    own = (kind.id == row_id, kind.project_id == project, kind.state != _DELETED)
    found = session.execute(_versions(select(kind), kind).where(*own)).first()
    return None if found is None else tuple(found)


def versions_in(session: Session, kind: Kind, page: Select[Any]) -> list[tuple[Any, ...]]:
    """The versions of all rows that are selected for a page."""
    return [tuple(row) for row in session.execute(_versions(page, kind))]


def _versions(query: Select[Any], kind: Kind) -> Select[Any]:
    """What can change: facts, layers and errors come with a state."""
    return query.with_only_columns(kind.id, kind.state, kind.digest, kind.progress)
