"""Datasets that are ingested with progress and may be deleted; jobs that may be stopped early."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_INDEX = "one_live_dataset_per_reference"
_LIVE = sa.text("state not in ('failed', 'deleted')")
_LIVE_BEFORE = sa.text("state <> 'failed'")


def upgrade() -> None:
    """Datasets that are ingested with progress and may be deleted; jobs that may be stopped early."""
    op.add_column("datasets", sa.Column("progress", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("datasets", sa.Column("purged_at", sa.Float(precision=53), nullable=True))
    op.add_column("jobs", sa.Column("stop_requested_at", sa.Float(precision=53), nullable=True))
    _index_again(_LIVE)


def downgrade() -> None:
    """Undo it."""
    op.execute("update datasets set state = 'failed' where state = 'deleted'")
    _index_again(_LIVE_BEFORE)
    op.drop_column("jobs", "stop_requested_at")
    op.drop_column("datasets", "purged_at")
    op.drop_column("datasets", "progress")


def _index_again(where: sa.TextClause) -> None:
    op.drop_index(_INDEX, table_name="datasets")
    op.create_index(_INDEX, "datasets", ["reference_digest"], unique=True, sqlite_where=where, postgresql_where=where)
