"""Uploads that are sent piece by piece."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing that is there changes."""
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("project_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("expected_sha256", sa.String(length=64), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.Column("expires_at", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uploads_by_project", "uploads", ["project_id", "id"])
    op.create_index("uploads_by_end", "uploads", ["expires_at"])


def downgrade() -> None:
    """Undo it. What was begun is not counted as stored any more."""
    op.execute(
        "UPDATE stored_bytes SET bytes = bytes - (SELECT COALESCE(SUM(length), 0) FROM uploads "
        "WHERE uploads.project_id = stored_bytes.project_id)"
    )
    op.drop_index("uploads_by_end", table_name="uploads")
    op.drop_index("uploads_by_project", table_name="uploads")
    op.drop_table("uploads")
