"""What a job has done is found without looking at its trials, and what is looked for often has an index."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TRIALS = sa.table(
    "trials", *(sa.column(name, sa.String) for name in ("id", "model_digest")), sa.column("definition", sa.JSON)
)
_MODELS = sa.table("models", sa.column("digest", sa.String), sa.column("model", sa.JSON))
_NOT_OVER = "finished_at is null"
_LEASED = "lease_until is not null"
_INDEXES: tuple[tuple[str, str, list[str], str | None], ...] = (
    ("datasets_by_state", "datasets", ["state", "created_at"], None),
    ("datasets_by_reference", "datasets", ["reference_digest", "id"], None),
    ("jobs_by_kind", "jobs", ["kind", "id"], None),
    ("jobs_by_end", "jobs", ["finished_at"], None),
    ("live_jobs_by_dataset", "jobs", ["dataset_id", "id"], _NOT_OVER),
    ("live_jobs_by_deadline", "jobs", ["deadline_at"], _NOT_OVER),
    ("live_jobs_by_look", "jobs", ["published_at", "id"], _NOT_OVER),
    ("leased_trials", "trials", ["lease_until"], _LEASED),
    ("trials_by_end", "trials", ["finished_at"], None),
    ("trials_by_model", "trials", ["model_digest"], "model_digest is not null"),
    ("unpublished_trials", "trials", ["id"], "state = 'queued' and published_at is null"),
    ("job_trials_by_state", "job_trials", ["job_id", "trial_state", "seed", "arm", "reused"], None),
    ("running_job_trials", "job_trials", ["job_id"], "trial_state = 'running'"),
    ("chunks_by_state", "chunks", ["state", "queue", "role", "created_at"], None),
    ("unpublished_chunks", "chunks", ["job_id"], "state = 'queued' and published_at is null"),
    ("leased_chunks", "chunks", ["lease_until"], _LEASED),
    ("stored_parts", "chunks", ["job_id"], "role = 'augment' and result is not null"),
    ("idempotency_keys_by_age", "idempotency_keys", ["created_at"], None),
)
"""Name, table, columns, and which rows alone are in it."""
_REPLACED = (
    ("datasets_by_state", "datasets", ["state"]),
    ("chunks_by_state", "chunks", ["state", "queue"]),
    ("trials_by_state", "trials", ["state", "queue"]),
    ("job_trials_by_seed", "job_trials", ["job_id", "seed", "arm"]),
)


def upgrade() -> None:
    """Slots get the states of their trials. Trials that are there keep their models in their definitions."""
    op.create_table(
        "models",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("model", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("used_at", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.add_column("trials", sa.Column("model_digest", sa.String(length=64), nullable=True))
    op.add_column("job_trials", sa.Column("trial_state", sa.String(length=20), nullable=False, server_default="queued"))
    op.execute(
        "update job_trials set trial_state = (select trials.state from trials where trials.id = job_trials.trial_id)"
    )
    for name, table, _ in _REPLACED:
        op.drop_index(name, table_name=table)
    for name, table, columns, only in _INDEXES:
        where = None if only is None else sa.text(only)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Undo it."""
    for name, table, *_ in _INDEXES:
        op.drop_index(name, table_name=table)
    for name, table, columns in _REPLACED:
        op.create_index(name, table, columns)
    op.drop_column("job_trials", "trial_state")
    _give_models_back()
    op.drop_column("trials", "model_digest")
    op.drop_table("models")


def _give_models_back() -> None:
    connection = op.get_bind()
    query = sa.select(_TRIALS.c.id, _TRIALS.c.definition, _MODELS.c.model)
    for trial_id, definition, model in connection.execute(
        query.join(_MODELS, _MODELS.c.digest == _TRIALS.c.model_digest)
    ).all():
        whole = {**definition, "model": model}
        connection.execute(_TRIALS.update().where(_TRIALS.c.id == trial_id).values(definition=whole))
