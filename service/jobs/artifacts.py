"""``/v1/jobs/{id}/artifacts``: the files that a job leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from api_schemas.artifacts import ArtifactList
from api_schemas.jobs import JobState
from augury.field_problems import shown
from service.auth.actor import Actor, Reader
from service.http.openapi import problems
from service.http.problem import ProblemError
from service.http.problem_types import NO_ARTIFACTS, NOT_FOUND
from service.http.problems import not_found, require_found
from service.resources import Resources, Shared
from store.files.artifacts import ArtifactMissingError
from store.files.names import job_file_name
from store.rows import jobs
from store.rows.tables import JobRow
from store.rows.views import job_views

router = APIRouter(prefix="/v1/jobs/{job_id}/artifacts", tags=["jobs"])

_BLOCK = 2**20


@router.get("", summary="The files of a job", responses=problems(NOT_FOUND))
def list_artifacts(resources: Shared, caller: Reader, job_id: str) -> ArtifactList:
    """Name, size and checksum of every file; none until the job has succeeded."""
    return ArtifactList(items=job_views.artifacts_of(_job(resources, caller, job_id)))


@router.get(
    "/{name}",
    summary="Download a file of a job",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"application/octet-stream": {}}, "description": "The file."},
        **problems(NOT_FOUND, NO_ARTIFACTS),
    },
)
def download_artifact(resources: Shared, caller: Reader, job_id: str, name: str) -> StreamingResponse:
    """The file as it is stored, sent piece by piece."""
    job = _job(resources, caller, job_id)
    found = next((artifact for artifact in job_views.artifacts_of(job) if artifact.name == name), None)
    if found is None:
        raise _none_of_that_name(job, name)
    try:
        file = resources.artifacts.open(job_file_name(job.id, found.name))
    except ArtifactMissingError:
        raise NOT_FOUND.error(f"the artifact {shown(name)} is not stored any more") from None
    headers = {
        "Content-Length": str(found.bytes),
        "Content-Disposition": f'attachment; filename="{found.name}"',  # names are ours, and plain ASCII
        "X-Content-Type-Options": "nosniff",
        "ETag": f'"{found.sha256}"',
    }
    return StreamingResponse(_blocks(file), media_type=found.media_type, headers=headers)


def _job(resources: Resources, caller: Actor, job_id: str) -> JobRow:
    with resources.database.reading() as session:
        return require_found(jobs.find(session, caller.project, job_id), "job", job_id)


def _none_of_that_name(job: JobRow, name: str) -> ProblemError:
    if JobState(job.state).is_terminal:
        return not_found("artifact", name)
    return NO_ARTIFACTS.error(f"the job is {job.state} and has no artifacts yet")


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while block := file.read(_BLOCK):
            yield block
