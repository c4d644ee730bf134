"""Augmentation jobs: their chunks, and the files they leave behind."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Augmentation jobs: their chunks, and the files they leave behind."""
    op.create_table(
        "chunks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("images", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
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
    with op.batch_alter_table("chunks", schema=None) as batch_op:
        batch_op.create_index("one_chunk_per_place", ["job_id", "role", "number"], unique=True)
        batch_op.create_index("chunks_by_job", ["job_id", "state"], unique=False)
        batch_op.create_index("chunks_by_state", ["state", "queue"], unique=False)
    op.add_column("jobs", sa.Column("artifacts", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    """Undo it."""
    op.drop_column("jobs", "artifacts")
    with op.batch_alter_table("chunks", schema=None) as batch_op:
        batch_op.drop_index("chunks_by_state")
        batch_op.drop_index("chunks_by_job")
        batch_op.drop_index("one_chunk_per_place")
    op.drop_table("chunks")
