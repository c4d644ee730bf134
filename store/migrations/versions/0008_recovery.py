"""What recovery needs: who sweeps and when it was last done, files still to be deleted, looks at jobs that failed."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing that is there changes: jobs count as not looked at, and files already deleted need no tombstone."""
    op.add_column("jobs", sa.Column("looked_at", sa.Float(precision=53), nullable=True))
    op.add_column("jobs", sa.Column("failed_looks", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "duties",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("held_until", sa.Float(precision=53), nullable=True),
        sa.Column("done_at", sa.Float(precision=53), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "tombstones",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("due_at", sa.Float(precision=53), nullable=False),
        sa.Column("held_until", sa.Float(precision=53), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index("tombstones_by_time", "tombstones", ["due_at"])
    op.create_table(
        "conclusions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("queue", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_id", sa.String(length=40), nullable=True),
        sa.Column("lease_owner", sa.String(length=200), nullable=True),
        sa.Column("lease_until", sa.Float(precision=53), nullable=True),
        sa.Column("cancel_requested_at", sa.Float(precision=53), nullable=True),
        sa.Column("published_at", sa.Float(precision=53), nullable=True),
        sa.Column("error", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.Column("started_at", sa.Float(precision=53), nullable=True),
        sa.Column("finished_at", sa.Float(precision=53), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("conclusions_by_state", "conclusions", ["state", "queue"])
    op.create_index("conclusions_by_job", "conclusions", ["job_id", "state"])


def downgrade() -> None:
    """Undo it."""
    op.drop_table("conclusions")
    op.drop_index("tombstones_by_time", "tombstones")
    op.drop_table("tombstones")
    op.drop_table("duties")
    for name in ("failed_looks", "looked_at"):  # not in a batch: that makes the table anew, and takes what refers to it
        op.drop_column("jobs", name)
