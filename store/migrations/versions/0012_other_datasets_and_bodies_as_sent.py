"""Which datasets a job needs beside its own, and what was sent under an idempotency key."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_TABLE = "job_datasets"


def upgrade() -> None:
    """Nothing that is there changes."""
    op.create_table(
        _TABLE,
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("dataset_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"]),
        sa.PrimaryKeyConstraint("job_id", "dataset_id"),
    )
    op.create_index("job_datasets_by_dataset", _TABLE, ["dataset_id", "job_id"])
    op.add_column("idempotency_keys", sa.Column("sent", sa.String(length=64), nullable=True))


def downgrade() -> None:
    """Undo it."""
    op.drop_column("idempotency_keys", "sent")
    op.drop_index("job_datasets_by_dataset", table_name=_TABLE)
    op.drop_table(_TABLE)
