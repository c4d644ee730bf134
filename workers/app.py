"""The Celery application of the workers. ``python -m workers`` starts it."""

from __future__ import annotations

import gc
import os
from typing import Any

import structlog
from celery import signals

from augury.memory import keep_from_collection
from augury.private_files import close_data_directory
from augury.telemetry import traces
from augury.telemetry.logs import configure_logging
from store import migrate
from store.database import Database
from store.queue import celery_app
from workers import forking, recycling, restarting, stacks
from workers.context import context
from workers.delivering import deliverer
from workers.leasing import shutdown
from workers.maintenance import caretaker, heart
from workers.settings import WorkerSettings

# Celery kills a pool process that has not reported by then, and it reports after TensorFlow is loaded.
_SLOWEST_WARM_UP_SECONDS = 180.0

settings = WorkerSettings()
app = celery_app(settings)
app.conf.update(
    imports=["workers.tasks"],
    worker_concurrency=settings.worker_concurrency,
    worker_proc_alive_timeout=_SLOWEST_WARM_UP_SECONDS,
    worker_max_memory_per_child=settings.worker_memory_bytes // 1024,  # which Celery takes in KiB
)
traces.configure(f"augury-worker-{settings.worker_kind}", are_on=settings.traces)
recycling.install()
restarting.install()
stacks.write_when_asked()

log = structlog.get_logger(__name__)


@signals.setup_logging.connect
def _configure_logging(**_: Any) -> None:
    configure_logging(settings.log_format)


@signals.worker_init.connect
def _close_the_data_directory(**_: Any) -> None:
    close_data_directory(settings.data_dir)


@signals.worker_init.connect
def _wait_for_the_database(**_: Any) -> None:
    database = Database(settings.resolved_database_url)
    try:
        migrate.make_ready(database)
    except migrate.SchemaNotReadyError as error:
        log.error("giving up", reason=str(error))
        raise SystemExit(1) from error  # an Exception would be swallowed by Celery's signal
    database.close()


@signals.worker_init.connect
def _load_before_the_fork(**_: Any) -> None:
    if _trains():
        from augury.training.warmup import BackendError, load, require_backend

        load(settings.backend)  # seconds and hundreds of megabytes, once for all pool processes
        try:
            require_backend(settings.backend)
        except BackendError as error:
            log.error("giving up", reason=str(error))
            raise SystemExit(1) from error  # as above
        import augury.datasets.reading  # for the digits, which need no process of their own
        import augury.reporting.html  # noqa: F401  # templates, for the reports that they make

    keep_from_collection()


@signals.worker_init.connect
def _watch_the_forks(**_: Any) -> None:
    os.register_at_fork(before=forking.report_other_threads)


@signals.worker_ready.connect
@signals.worker_process_init.connect
def _look_for_garbage_from_now_on(**_: Any) -> None:
    gc.enable()  # which workers.starting has switched off


@signals.worker_process_init.connect
def _keep_house(**_: Any) -> None:
    caretaker.keep_house(settings)  # the parent forks, and must have no thread that could hold a lock then


@signals.worker_ready.connect
def _keep_recovering(**_: Any) -> None:
    if settings.worker_kind == "control":
        heart.keep_beating(context(app))
        deliverer.keep_delivering(context(app))


@signals.worker_process_init.connect
def _warm_up_pool_process(**_: Any) -> None:
    if not _trains():
        return
    from augury.training.warmup import warm_up  # whose threads would not survive a fork

    warm_up(settings.threads_per_process)
    log.info("ready to train", threads=settings.threads_per_process)


def _trains() -> bool:
    return settings.worker_kind != "control"


@signals.worker_shutting_down.connect
def _give_running_work_back(**_: Any) -> None:
    shutdown.request()
