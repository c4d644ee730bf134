"""Browsers that somebody has let in with a key."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Sessions that are there are logins at an issuer."""
    op.add_column("sessions", sa.Column("key_id", sa.String(length=40), nullable=True))


def downgrade() -> None:
    """Undo it."""
    op.execute("DELETE FROM sessions WHERE key_id IS NOT NULL")
    op.drop_column("sessions", "key_id")
