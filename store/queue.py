"""The queue: Celery messages that say "look at this job", or "there is work". Losing or repeating one is harmless."""

from __future__ import annotations

import os
from typing import Any

import structlog
from celery import Celery
from kombu.transport import redis

from api_schemas.training.backends import DEFAULT_BACKEND, Backend
from store.settings import StoreSettings


def kind_of_worker(device: str, backend: Backend) -> str:
    """The kind of worker that computes on a device, by a backend: a process has one of each."""
    return device if backend == DEFAULT_BACKEND else f"{device}-{backend}"


CONTROL, CPU, GPU = "control", "cpu", "gpu"
CPU_JAX, GPU_JAX = kind_of_worker(CPU, "jax"), kind_of_worker(GPU, "jax")
WORKERS = (CPU, GPU, CPU_JAX, GPU_JAX)
"""The kinds of workers that carry out units of work, each rung by a queue of its own. Most installations have the first
alone, which everybody needs."""
ADVANCE, ADVANCE_ALL, WORK = "augury.advance", "augury.advance_all", "augury.work"
MAX_JOBS_IN_A_MESSAGE = 20
"""Looked at by one planner, one after the other; more messages are for more planners."""

Message = tuple[str, str, str]
"""A task's name, what it is about (a job's id, or the kind of worker that is rung), and the queue."""

log = structlog.get_logger(__name__)


def celery_app(settings: StoreSettings) -> Celery:
    """The Celery application, the same for whoever publishes and whoever consumes.

    Messages are acknowledged before the work begins and there is no result backend: SQL knows what is due,
    who has it and what came of it (docs/decisions/0001). Nor does the broker keep a copy of what is received, and what
    was not acknowledged when the broker went away is let go: Kombu would give it back over the connection that is
    gone, and what that raises ends a worker.
    """
    redis.Channel.do_restore = False
    app = Celery("augury", broker=settings.broker_url.get_secret_value())
    app.conf.update(
        task_acks_late=False,
        task_ignore_result=True,
        result_backend=None,
        worker_disable_prefetch=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        task_serializer="json",
        accept_content=["json"],
        task_default_queue=CONTROL,
        task_create_missing_queues=True,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "ack_emulation": False,
            "socket_connect_timeout": 3,
            "socket_timeout": 30,
            "socket_keepalive": True,
            "health_check_interval": 25,
            "global_keyprefix": "augury:",
        },
        task_publish_retry_policy={"max_retries": 1, "interval_start": 0.1, "interval_max": 0.5},
    )
    return app


def doorbell(kind: str) -> Message:
    """The message that there is work for a kind of worker. Which, the worker finds out when it comes."""
    return WORK, kind, kind


class Queue:
    """Publishing, bounded in time: a broker that is away never holds up the caller for long."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def publish(self, task: str, about: str | list[str], queue: str) -> bool:
        """Send one message; False if the broker did not take it, which the sweep makes up for."""
        try:
            self._app.send_task(task, args=[about], queue=queue)
        except Exception as error:  # whatever the transport raises, the row in SQL is safe
            log.warning("message not published", task=task, about=about, reason=str(error))
            return False
        return True

    def depth(self, queue: str) -> int:
        """How many messages wait in a queue.

        Raises:
            kombu.exceptions.OperationalError: the broker cannot be reached.
        """
        with self._app.connection_for_write() as connection:
            channel: Any = connection.default_channel
            return int(channel.queue_declare(queue, passive=False).message_count)

    def is_reachable(self) -> bool:
        """Whether the broker answers within a few seconds."""
        try:
            with self._app.connection_for_write(connect_timeout=2) as connection:
                connection.ensure_connection(max_retries=1, interval_start=0, timeout=2)
        except Exception:  # the transport's errors have no common base
            return False
        return True


def identity() -> str:
    """Who holds a lease: host and process."""
    return f"{os.uname().nodename}:{os.getpid()}"
