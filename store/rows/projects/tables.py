"""The table of projects. Times are Unix seconds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from store.rows.base import Base, Id


class ProjectRow(Base):
    """Whose something is. The id is the name that the operator has given."""

    __tablename__ = "projects"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    created_at: Mapped[float]
    state: Mapped[str] = mapped_column(String(10), server_default="active")
    limits: Mapped[dict[str, Any] | None]
    """Its own, by name (see ``api_schemas.access.limits``): null is none, what is missing is as the service has it."""
    keep_jobs_days: Mapped[float | None]
    keep_datasets_days: Mapped[float | None]
    keep_models_days: Mapped[float | None]
