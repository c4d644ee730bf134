"""What stands in the way of an upload that is sent piece by piece."""

from __future__ import annotations

from service.http.problem import ProblemType

UPLOAD_OFFSET = ProblemType(
    409,
    "upload-offset",
    "The piece does not begin where the upload ends",
    "Ask for the upload, whose `offset` says how much has come, and go on from there.",
    retryable=True,
)
UPLOAD_BUSY = ProblemType(
    409,
    "upload-busy",
    "Another request is sending a piece of the same upload",
    "Wait until that one is over; where its connection broke, the service notices after a while.",
    retryable=True,
)
UPLOAD_DAMAGED = ProblemType(
    409,
    "upload-damaged",
    "The whole file does not have the checksum that its sender said",
    "Send it again from its start: what had come is gone.",
    retryable=True,
)
TOO_MANY_UPLOADS = ProblemType(
    409,
    "too-many-uploads",
    "The project has begun as many uploads as it may",
    "Finish or delete one of those that `GET /v1/uploads` shows.",
)
PROTOCOL_VERSION = ProblemType(
    412,
    "protocol-version",
    "The request is of a version of the upload protocol that the service does not speak",
    "Use tus 1.0.0, or leave out `Tus-Resumable`.",
)
