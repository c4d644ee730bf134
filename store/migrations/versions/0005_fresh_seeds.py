"""How many fresh seeds the confirmations on a dataset have used up."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Count from the beginning: the seeds of earlier confirmations were of another range."""
    op.create_table(
        "fresh_seeds",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("fresh_seeds")
