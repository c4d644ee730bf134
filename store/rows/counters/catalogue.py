"""All that is counted: names, labels and bounds, in one table.

A label takes values of a short list alone: never an id, a name that a user has given, or a path as it was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from api_schemas.chunks import ChunkRole
from api_schemas.failures import FailureClass

_BOUNDS_OF_WORK = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0)
_BOUNDS_OF_REQUESTS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)

_OF_UNITS = ("kind", "model", "device")
_KINDS = ("trial", "dataset", "model", "conclusion", *map(str, ChunkRole))


@dataclass(frozen=True)
class Counted:
    """Something that is counted.

    Attributes:
        name: as it is shown; what is no distribution is shown with ``_total`` behind it.
        says: what it is, in a sentence.
        labels: what it is told apart by.
        bounds: of a distribution, the upper bounds of its buckets, ascending; empty where it is a plain number.
        always: values of the labels that are shown with 0, too: who waits for the first of something, as an alert
            does, sees no rise in a series that begins with 1.
    """

    name: str
    says: str
    labels: tuple[str, ...]
    bounds: tuple[float, ...] = ()
    always: tuple[tuple[str, ...], ...] = ()


UNITS_ENDED = Counted(
    "augury_units_ended",
    "Units of work that have ended: trials, datasets that were read, probes and so on, by how they ended.",
    ("kind", "device", "state"),
)
UNIT_FAILURES = Counted(
    "augury_unit_failures",
    "Units of work that have failed, by who can do something about it.",
    ("kind", "class"),
    always=tuple(product(_KINDS, map(str, FailureClass))),
)
UNIT_WAIT = Counted(
    "augury_unit_wait_seconds", "From when a unit was due until a worker took it up.", _OF_UNITS, _BOUNDS_OF_WORK
)
UNIT_SECONDS = Counted(
    "augury_unit_seconds", "From when a worker took a unit up until it was done.", _OF_UNITS, _BOUNDS_OF_WORK
)
LEASES_LOST = Counted(
    "augury_leases_lost",
    "Units that were taken from workers which did not renew them.",
    ("kind",),
    always=tuple((kind,) for kind in _KINDS),
)
JOBS_ENDED = Counted("augury_jobs_ended", "Jobs that are over, by how they ended.", ("kind", "state"))
JOB_SECONDS = Counted(
    "augury_job_seconds", "From when a job was accepted until it succeeded or failed.", ("kind",), _BOUNDS_OF_WORK
)
SLOTS_FILLED = Counted(
    "augury_trial_slots_filled", "Slots of plans: filled by a trial that was there, or by a new one.", ("reused",)
)
VERDICTS = Counted("augury_verdicts", "Verdicts in reports, one a candidate and report.", ("verdict",))
SWEEPS = Counted("augury_sweeps", "Looks for lost work, by whether all parts of them were done.", ("outcome",))
POOL_PROCESSES = Counted(
    "augury_pool_processes_started",
    "Training processes that were started, with a worker or in the place of one that had grown or died.",
    ("worker",),
)
HTTP_REQUESTS = Counted(
    "augury_http_requests",
    "Requests that were answered, by route as the document has it.",
    ("method", "route", "status"),
)
HTTP_SECONDS = Counted(
    "augury_http_request_seconds",
    "Until a request was answered, with the time for which an answer was held back on its wish.",
    ("method", "route"),
    _BOUNDS_OF_REQUESTS,
)

CATALOGUE = (
    UNITS_ENDED,
    UNIT_FAILURES,
    UNIT_WAIT,
    UNIT_SECONDS,
    LEASES_LOST,
    JOBS_ENDED,
    JOB_SECONDS,
    SLOTS_FILLED,
    VERDICTS,
    SWEEPS,
    POOL_PROCESSES,
    HTTP_REQUESTS,
    HTTP_SECONDS,
)
"""In the order in which they are shown. What else is to be counted is a row here, and a call where it happens."""
