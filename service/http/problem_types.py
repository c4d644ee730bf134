"""Every problem that the service answers with: one row each, and nowhere else is a slug written.

The OpenAPI document and ``docs/errors.md`` are made from these rows, and from those of the modules that are named here:
what one part of the service answers has its rows there.
"""

from __future__ import annotations

from service.http.problem import ProblemType
from service.http.problem_rows import access, quotas, uploads
from service.http.problem_rows.access import (
    ISSUER_AWAY,
    KEY_NOT_VALID,
    KEY_REQUIRED,
    NOT_A_MEMBER,
    PROJECT_NOT_SAID,
    SCOPE_MISSING,
)
from service.http.problem_rows.quotas import STORED_OVER_QUOTA, TOO_MANY_REQUESTS

MALFORMED_REQUEST = ProblemType(
    400, "malformed-request", "The body cannot be read", "Send whole JSON in UTF-8, and do not nest it too deeply."
)
UPLOAD_CUT_OFF = ProblemType(
    400, "upload-cut-off", "The connection ended within an upload", "Send the upload again.", retryable=True
)
HTTP_ERROR = ProblemType(
    400,
    "http-error",
    "Another error of HTTP itself; the status of the answer says which (400 stands for all of them here)",
    "Read `detail`.",
)
FOREIGN_PAGE = ProblemType(
    403,
    "foreign-page",
    "A page of another origin has a browser write to the service",
    "Nothing, unless the page is yours: name its host in `AUGURY_ALLOWED_HOSTS` then.",
)
NO_SUCH_PATH = ProblemType(
    404, "no-such-path", "There is nothing at this path", "Look the path up at `/docs` of the service."
)
NOT_FOUND = ProblemType(
    404,
    "not-found",
    "There is no job, dataset, model, artifact, key or webhook of this name in your project, or what it stored is gone",
    "Check the id. What was deleted has to be made again.",
)
METHOD_NOT_ALLOWED = ProblemType(
    405, "method-not-allowed", "The path does not have this method", "Use one of those in the header `Allow`."
)
NOT_ACCEPTABLE = ProblemType(
    406, "not-acceptable", "The answer cannot be had in this form", "Name one of the forms in `detail` under `Accept`."
)
BODY_TOO_SLOW = ProblemType(
    408,
    "body-too-slow",
    "The body came to a stop, or too slowly",
    "Send it again, as a whole.",
    retryable=True,
)
UPLOAD_TOO_SLOW = ProblemType(
    408,
    "upload-too-slow",
    "The upload came to a stop, came too slowly, or took too long",
    "Send it again; over a slow line, make it smaller, or have the service read it by a reference.",
    retryable=True,
)
ALREADY_OVER = ProblemType(
    409, "already-over", "The job has ended, so there is nothing to cancel", "Nothing: read its result."
)
CANNOT_STOP = ProblemType(
    409,
    "cannot-stop",
    "The job has nothing to stop",
    "Read `detail`: it is over, or has no results yet and can be cancelled instead.",
)
CANNOT_EXTEND = ProblemType(
    409,
    "cannot-extend",
    "The job cannot be trained on more seeds",
    "Read `detail`: only a comparison that has succeeded, was not stopped and has an undecided candidate can.",
)
NO_REPORT = ProblemType(
    409,
    "no-report",
    "The job has no report",
    "Wait until `has_report` is true. A job that ended without it will not get one.",
    retryable=True,
)
NO_ARTIFACTS = ProblemType(
    409, "no-artifacts", "The job has no files yet", "Wait until it has succeeded.", retryable=True
)
DATASET_NOT_READY = ProblemType(
    409,
    "dataset-not-ready",
    "The images of the dataset are still being read",
    "Send the request again after `Retry-After` seconds.",
    retryable=True,
)
DATASET_FAILED = ProblemType(
    409,
    "dataset-failed",
    "The images of the dataset could not be read",
    "Read the reason in `detail`, and correct the data; `POST /v1/datasets` has them read once more.",
)
DATASET_IN_USE = ProblemType(
    409,
    "dataset-in-use",
    "Unfinished jobs need the dataset",
    "Cancel the jobs in `detail`, or wait for them.",
    retryable=True,
)
MODEL_NOT_READY = ProblemType(
    409,
    "model-not-ready",
    "The model is still being read",
    "Send the request again after `Retry-After` seconds.",
    retryable=True,
)
MODEL_IN_USE = ProblemType(
    409,
    "model-in-use",
    "Unfinished jobs need the model",
    "Cancel the jobs in `detail`, or wait for them.",
    retryable=True,
)
TOO_MANY_WEBHOOKS = ProblemType(
    409, "too-many-webhooks", "The project has as many webhooks as it may", "Delete one that is not needed."
)
CANNOT_DELIVER = ProblemType(
    409, "cannot-deliver", "The webhook is told nothing, or the message is on its way", "Read `detail`."
)
BODY_TOO_LARGE = ProblemType(
    413,
    "body-too-large",
    "The body or the uploaded file has more bytes than the service takes",
    "Send less, or ask the operator for a higher limit.",
)
UNSUPPORTED_MEDIA_TYPE = ProblemType(
    415,
    "unsupported-media-type",
    "The body is of a media type that the path does not take",
    "Say what it is in `Content-Type`: JSON, or a form where a file is uploaded.",
)
HOST_NOT_ALLOWED = ProblemType(
    421,
    "host-not-allowed",
    "The service does not answer to the host that was asked for",
    "Use its address, or have the operator name the host in `AUGURY_ALLOWED_HOSTS`.",
)
INVALID_REQUEST = ProblemType(
    422,
    "invalid-request",
    "Fields of the request are not as expected, or do not fit the dataset",
    "Correct what `errors` names: each entry has a location, what was got and what is expected.",
)
MALFORMED_JSON = ProblemType(
    422, "malformed-json", "The body is not JSON", "`detail` says at which character it stops being JSON."
)
MALFORMED_MULTIPART = ProblemType(
    422,
    "malformed-multipart",
    "The body is not a whole multipart form",
    "Have an HTTP library write the form and its `Content-Type`.",
)
IDEMPOTENCY_KEY_REUSED = ProblemType(
    422,
    "idempotency-key-reused",
    "The `Idempotency-Key` came before with another request",
    "Use a new key for a new request.",
)
TOO_MANY_STREAMS = ProblemType(
    429,
    "too-many-streams",
    "The project holds as many streams of events open as it may",
    "Close one, or ask for the job again and again with `Prefer: wait`; come back after `Retry-After` seconds.",
    retryable=True,
)
INTERNAL = ProblemType(
    500,
    "internal",
    "The service made a mistake",
    "Try once more, with the same `Idempotency-Key`; then give the operator the `request_id`.",
    retryable=True,
)
BUSY = ProblemType(
    503,
    "busy",
    "Others have taken all the room for such requests",
    "Send the request again after `Retry-After` seconds.",
    retryable=True,
)
STREAMS_FULL = ProblemType(
    503,
    "streams-full",
    "The service holds as many streams of events open as it bears, or is about to end",
    "Ask for the job again and again with `Prefer: wait`, or come back after `Retry-After` seconds.",
    retryable=True,
)
DATABASE_UNAVAILABLE = ProblemType(
    503,
    "database-unavailable",
    "The database did not answer, and nothing was stored",
    "Send the request again after `Retry-After` seconds.",
    retryable=True,
)
IMAGES_UNAVAILABLE = ProblemType(
    503,
    "images-unavailable",
    "The images cannot be fetched from their bucket at the moment",
    "Send the request again in a while; if that does not help, tell the operator what `detail` says.",
    retryable=True,
)
INSUFFICIENT_STORAGE = ProblemType(
    507,
    "insufficient-storage",
    "There is no room for the upload",
    "Ask the operator to make room, and send it again then.",
)

_OWN = dict(globals())
_NAMED = (row for rows in (_OWN, vars(access), vars(quotas), vars(uploads)) for row in rows.values())
_ROWS = [row for row in _NAMED if isinstance(row, ProblemType)]
PROBLEM_TYPES = tuple(sorted(dict.fromkeys(_ROWS), key=lambda row: row.status))
"""All of them, by status."""

BODY_REFUSED = (BODY_TOO_SLOW, BODY_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE)
"""What the body of any request may be answered with, before a route has seen it."""
ADMISSION_REFUSED = (PROJECT_NOT_SAID, KEY_REQUIRED, KEY_NOT_VALID, NOT_A_MEMBER, ISSUER_AWAY)
"""What who is not let in is answered with, whatever is asked for."""
BEFORE_ROUTING = (
    *(HTTP_ERROR, *ADMISSION_REFUSED, FOREIGN_PAGE, NO_SUCH_PATH, METHOD_NOT_ALLOWED, HOST_NOT_ALLOWED),
    TOO_MANY_REQUESTS,
    *BODY_REFUSED,
)
"""What may be answered whatever is asked for; routes that take no body do not declare it."""
JSON_REFUSED = (MALFORMED_REQUEST, *BODY_REFUSED, INVALID_REQUEST, MALFORMED_JSON, BUSY)
"""What a route that takes JSON may answer."""
UPLOADED_OR_REFERENCE_REFUSED = (
    *(MALFORMED_REQUEST, *BODY_REFUSED, INVALID_REQUEST, MALFORMED_JSON, IDEMPOTENCY_KEY_REUSED, *STORED_OVER_QUOTA),
    *(UPLOAD_CUT_OFF, UPLOAD_TOO_SLOW, MALFORMED_MULTIPART, BUSY, INSUFFICIENT_STORAGE),
)
"""What a route that takes a reference as JSON, or a file in a form, may answer."""
IMAGES_REFUSED = (NOT_FOUND, DATASET_NOT_READY, DATASET_FAILED, BUSY, IMAGES_UNAVAILABLE)
"""What a route that shows images of a dataset may answer."""
EVERYWHERE = (*ADMISSION_REFUSED, SCOPE_MISSING, INTERNAL, DATABASE_UNAVAILABLE)
"""What every route that uses the database may answer."""
