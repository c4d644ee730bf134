"""What every process reads at its start."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.queue import Queue, celery_app
from store.settings import StoreSettings

UNREACHABLE = "redis://127.0.0.1:1/0"


def test_everything_lies_in_the_data_directory_unless_it_is_said_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One variable moves a whole embedded installation."""
    for name in ("DATABASE_URL", "ARTIFACTS_URL"):
        monkeypatch.delenv(f"AUGURY_{name}", raising=False)
    monkeypatch.setenv("AUGURY_DATA_DIR", str(tmp_path))
    settings = StoreSettings()
    assert settings.resolved_database_url == f"sqlite:///{tmp_path}/augury.db"
    assert settings.resolved_artifacts_url == f"{tmp_path}/artifacts"
    monkeypatch.setenv("AUGURY_DATABASE_URL", "postgresql+psycopg://h/db")
    assert StoreSettings().resolved_database_url == "postgresql+psycopg://h/db"


def test_settings_do_not_show_the_brokers_password() -> None:
    """They appear in logs and tracebacks."""
    settings = StoreSettings(broker_url="redis://:hunter2@127.0.0.1/0")
    assert "hunter2" not in repr(settings)


def test_publishing_without_a_broker_says_so_and_does_not_raise() -> None:
    """The row is safe in SQL and the sweep publishes later."""
    queue = Queue(celery_app(StoreSettings(broker_url=UNREACHABLE)))
    assert queue.publish("augury.advance", "job_1", "control") is False
    assert queue.is_reachable() is False


def test_messages_are_json_and_results_are_not_kept() -> None:
    """The broker carries ids only, and nothing in it is ever unpickled."""
    conf = celery_app(StoreSettings(broker_url=UNREACHABLE)).conf
    assert (conf.task_serializer, conf.accept_content, conf.task_ignore_result) == ("json", ["json"], True)
    assert (conf.task_acks_late, conf.worker_prefetch_multiplier, conf.worker_disable_prefetch) == (False, 1, True)
