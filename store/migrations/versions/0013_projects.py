"""Everything belongs to a project; what is there belongs to the first one."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_FIRST = "default"
_OWNED = ("datasets", "registered_models", "jobs", "job_labels", "job_events", "trials")
_IS_REGISTERED = "state not in ('failed', 'deleted')"
_IS_LIVE = "state in ('queued', 'running', 'succeeded')"
_WITH_PROJECT = (
    ("one_live_dataset_per_reference", "datasets", ["reference_digest"], _IS_REGISTERED),
    ("datasets_by_reference", "datasets", ["reference_digest", "id"], None),
    ("datasets_by_kind", "datasets", ["kind", "id"], None),
    ("one_live_model_per_reference", "registered_models", ["reference_digest"], _IS_REGISTERED),
    ("registered_models_by_reference", "registered_models", ["reference_digest", "id"], None),
    ("jobs_by_kind", "jobs", ["kind", "id"], None),
    ("jobs_by_label", "job_labels", ["key", "value", "job_id"], None),
    ("one_live_trial_per_key", "trials", ["key"], _IS_LIVE),
    ("trials_by_setting", "trials", ["setting", "finished_at"], None),
)
"""Indexes that have the project before these columns from now on; which rows alone are in one that is unique."""
_NEW = (
    ("datasets_by_project", "datasets", ["id"]),
    ("registered_models_by_project", "registered_models", ["id"]),
    ("jobs_by_project", "jobs", ["id"]),
    ("jobs_by_project_and_state", "jobs", ["state", "id"]),
    ("events_by_project", "job_events", ["id"]),
)
_KEYS = (
    sa.Column("key", sa.String(length=255), nullable=False),
    sa.Column("fingerprint", sa.String(length=64), nullable=False),
    sa.Column("job_id", sa.String(length=40), nullable=False),
    sa.Column("response", sa.JSON(none_as_null=True), nullable=False),
    sa.Column("created_at", sa.Float(precision=53), nullable=False),
    sa.Column("sent", sa.String(length=64), nullable=True),
)
_SEEDS = (
    sa.Column("digest", sa.String(length=64), nullable=False),
    sa.Column("used", sa.BigInteger(), nullable=False),
)


def upgrade() -> None:
    """Nothing that is there changes its id or its address."""
    projects = op.create_table(
        "projects",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.bulk_insert(projects, [{"id": _FIRST, "created_at": time.time()}])
    for table in _OWNED:
        op.add_column(table, sa.Column("project_id", sa.String(length=40), nullable=False, server_default=_FIRST))
    for name, table, columns, only in _WITH_PROJECT:
        op.drop_index(name, table_name=table)
        _index(name, table, ["project_id", *columns], only)
    for name, table, columns in _NEW:
        _index(name, table, ["project_id", *columns], None)
    _with_other_key("idempotency_keys", _KEYS, ["project_id", "key"])
    _with_other_key("fresh_seeds", _SEEDS, ["project_id", "digest"])
    _index("idempotency_keys_by_age", "idempotency_keys", ["created_at"], None)


def downgrade() -> None:
    """Undo it. What others than the first project have would be shown to everybody, so that there must be none."""
    others = sa.text("select count(*) from projects where id <> :first").bindparams(first=_FIRST)
    if op.get_bind().execute(others).scalar_one():
        raise RuntimeError("there are projects, and the version before this one would show everybody what is theirs")
    _with_other_key("fresh_seeds", _SEEDS, ["digest"])
    _with_other_key("idempotency_keys", _KEYS, ["key"])
    _index("idempotency_keys_by_age", "idempotency_keys", ["created_at"], None)
    for name, table, _ in _NEW:
        op.drop_index(name, table_name=table)
    for name, table, columns, only in _WITH_PROJECT:
        op.drop_index(name, table_name=table)
        _index(name, table, columns, only)
    for table in _OWNED:
        op.drop_column(table, "project_id")
    op.drop_table("projects")


def _index(name: str, table: str, columns: list[str], only: str | None) -> None:
    where = None if only is None else sa.text(only)
    op.create_index(name, table, columns, unique=only is not None, sqlite_where=where, postgresql_where=where)


def _with_other_key(table: str, columns: tuple[sa.Column, ...], key: list[str]) -> None:
    """Make a table anew with another primary key, and all rows of the first project in it."""
    before = sa.table(table, *(sa.column(column.name) for column in columns))
    names = [column.name for column in columns]
    made = op.create_table(
        f"{table}_new",
        *([sa.Column("project_id", sa.String(length=40), nullable=False)] if "project_id" in key else []),
        *(sa.Column(column.name, column.type, nullable=column.nullable) for column in columns),
        sa.PrimaryKeyConstraint(*key),
    )
    if "project_id" in key:
        rows = sa.select(sa.literal(_FIRST), *before.columns)
        op.execute(made.insert().from_select(["project_id", *names], rows))
    else:
        op.execute(made.insert().from_select(names, sa.select(*before.columns)))
    op.drop_table(table)
    op.rename_table(f"{table}_new", table)
