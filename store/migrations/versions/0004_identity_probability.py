"""Requests of augmentations say ``identity_probability`` for what they called ``p``."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OLD, _NEW = "p", "identity_probability"
_jobs = sa.table("jobs", sa.column("id", sa.String), sa.column("kind", sa.String), sa.column("request", sa.JSON))


def upgrade() -> None:
    """Rename the field, so that jobs which wait or run are carried out, and all can be shown and sent again."""
    _rename(_OLD, _NEW)


def downgrade() -> None:
    """Undo it."""
    _rename(_NEW, _OLD)


def _rename(old: str, new: str) -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.select(_jobs.c.id, _jobs.c.request).where(_jobs.c.kind == "augmentation")).all()
    for identifier, stored in rows:
        request: dict[str, Any] = json.loads(stored) if isinstance(stored, str) else stored
        if old in request:
            renamed = {new if name == old else name: value for name, value in request.items()}
            connection.execute(_jobs.update().where(_jobs.c.id == identifier).values(request=renamed))
