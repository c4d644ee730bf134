"""Numbers of chunks that hold any seed: a probe's number is its seed, and seeds go beyond 32 bits."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """SQLite's integers have 64 bits already; there the type is a name."""
    _alter(sa.Integer(), sa.BigInteger())


def downgrade() -> None:
    """Undo it."""
    _alter(sa.BigInteger(), sa.Integer())


def _alter(existing: sa.types.TypeEngine[int], new: sa.types.TypeEngine[int]) -> None:
    with op.batch_alter_table("chunks") as batch:
        batch.alter_column("number", existing_type=existing, type_=new, existing_nullable=False)
