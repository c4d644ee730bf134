"""Projects take turns: it is noted when each was served, and its jobs are found in the order of theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_LIVE = sa.text("finished_at is null")


def upgrade() -> None:
    """No project was served yet, as far as is known."""
    op.add_column("projects", sa.Column("served_at", sa.Float(precision=53), nullable=True))
    op.create_index(
        "live_jobs_in_turn", "jobs", ["project_id", "priority", "served_at", "id"],
        sqlite_where=_LIVE, postgresql_where=_LIVE,
    )  # fmt: skip


def downgrade() -> None:
    """Undo it."""
    op.drop_index("live_jobs_in_turn", table_name="jobs")
    op.drop_column("projects", "served_at")
