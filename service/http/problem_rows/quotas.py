"""What a project is refused because it has, or has had, as much as it may."""

from __future__ import annotations

from service.http.problem import ProblemType

PROJECT_DELETING = ProblemType(
    409,
    "project-deleting",
    "The project is being deleted, and takes nothing new",
    "Nothing: what it has goes, and then its keys do.",
)
STORAGE_USED_UP = ProblemType(
    409,
    "storage-used-up",
    "The files of the project come to as many bytes as it may have",
    "Delete datasets or models; their bytes are free once the service has removed their files, some seconds later.",
)
TOO_MANY_DATASETS = ProblemType(
    409,
    "too-many-datasets",
    "The project has as many datasets as it may",
    "Delete one that is not needed any more.",
)
CANNOT_DELETE_PROJECT = ProblemType(
    409,
    "cannot-delete-project",
    "The project cannot be deleted",
    "Nothing: what comes without a key belongs to it. Delete what is in it.",
)
TOO_MANY_JOBS = ProblemType(
    429,
    "too-many-jobs",
    "The project has as many jobs that are not over as it may",
    "Send it again once one of them is over; `Retry-After` says when to try.",
    retryable=True,
)
TRIALS_USED_UP = ProblemType(
    429,
    "trials-used-up",
    "The project has trained as many trials today, or has as many waiting, as it may on a day",
    "Send it again after `Retry-After` seconds, when the next day begins in UTC. Where there is none, the job alone "
    "asks for more than a day allows: take fewer arms or seeds.",
    retryable=True,
)
TRAINING_USED_UP = ProblemType(
    429,
    "training-seconds-used-up",
    "The project has trained for as long today as it may",
    "Send it again after `Retry-After` seconds, when the next day begins in UTC.",
    retryable=True,
)
TOO_MANY_REQUESTS = ProblemType(
    429,
    "too-many-requests",
    "The project has sent as many requests as it may in a minute",
    "Send it again after `Retry-After` seconds; `RateLimit` says with every answer how many are left.",
    retryable=True,
)

STORED_OVER_QUOTA = (PROJECT_DELETING, STORAGE_USED_UP, TOO_MANY_DATASETS)
"""What may stand in the way of a dataset or a model."""
EXTENSION_OVER_QUOTA = (PROJECT_DELETING, TOO_MANY_JOBS, TRIALS_USED_UP, TRAINING_USED_UP)
JOB_OVER_QUOTA = (*STORED_OVER_QUOTA, *EXTENSION_OVER_QUOTA[1:])
"""And of a job, which may bring a dataset."""
