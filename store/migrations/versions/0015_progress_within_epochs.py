"""A trial says which batch of an epoch it is at, and how long it will take in all."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Trials that are there say nothing of it."""
    for name in ("batch", "batches"):
        op.add_column("trials", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.add_column("trials", sa.Column("expected_seconds", sa.Float(precision=53), nullable=True))


def downgrade() -> None:
    """Undo it."""
    for name in ("expected_seconds", "batches", "batch"):
        op.drop_column("trials", name)
