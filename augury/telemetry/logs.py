"""Logging, alike in every process: one line an event, to standard error."""

from __future__ import annotations

import logging
import os
import sys
from functools import partial
from typing import Literal

import structlog

from augury.telemetry.line_writer import LineWriter
from augury.telemetry.lines import clean

LogFormat = Literal["text", "json"]


def configure_logging(log_format: LogFormat | None = None, level: int = logging.INFO) -> None:
    """Send the standard library's and structlog's events to standard error in one format.

    Without a format it is that of ``AUGURY_LOG_FORMAT``, for processes that have no settings. An event has whatever
    ids are bound around it: of the request, the job, the unit of work and the project.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendered: list[structlog.typing.Processor] = [
        # Plain: a traceback with local variables is slow to make and may show what is secret.
        structlog.processors.format_exc_info,
        clean,
        _renderer(log_format or os.environ.get("AUGURY_LOG_FORMAT", "text")),
    ]
    handler = logging.StreamHandler(sys.stderr)
    structlog.configure(
        processors=[*shared, *rendered],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=partial(LineWriter, handler),
        cache_logger_on_first_use=True,
    )
    without_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[without_meta, *rendered])
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _renderer(log_format: str) -> structlog.typing.Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
