"""``/v1/project``: the project that a key is to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api_schemas.access.projects import Project
from api_schemas.plain_text import PlainText
from service.auth.actor import Administrator, Reader
from service.auth.asked import this_request
from service.http.bodies import CheckedBodyRoute
from service.http.openapi import problems
from service.http.problem_rows.quotas import CANNOT_DELETE_PROJECT
from service.http.problem_types import INVALID_REQUEST, NOT_FOUND
from service.http.problems import require_found
from service.projects import overview
from service.resources import Resources, Shared
from store.rows.access import projects

router = APIRouter(prefix="/v1/project", tags=["projects"], route_class=CheckedBodyRoute)


@router.get("", summary="The key's project", responses=problems(NOT_FOUND))
def get_project(resources: Shared, caller: Reader) -> Project:
    """Its name, what it may take, how long it keeps what it has, and how much there is."""
    return _project(resources, caller.project)


@router.delete(
    "",
    status_code=202,
    summary="Delete the key's project, with all that it has",
    responses=problems(INVALID_REQUEST, NOT_FOUND, CANNOT_DELETE_PROJECT),
)
def delete_project(
    resources: Shared,
    caller: Administrator,
    confirm: Annotated[PlainText, Query(max_length=40, description="The name of the project: nothing brings it back.")],
) -> Project:
    """Its jobs are cancelled, nothing new is taken, and all of it goes: rows and files, the keys last.

    While it goes its ``state`` is ``deleting``. When it is gone, so are its keys: the answer is 401.
    """
    if confirm != caller.project:
        message = f"got {confirm!r}, expected the name of the project, which GET /v1/project shows"
        raise INVALID_REQUEST.error_at("query.confirm", message, "the project was not deleted")
    with resources.database.writing() as session:
        require_found(projects.find(session, caller.project), "project", caller.project)
        try:
            if projects.begin_deletion(session, caller.project):
                this_request().note(session, caller.project, resources.database.now(session), caller.project)
        except projects.ProjectStateError as error:
            raise CANNOT_DELETE_PROJECT.error(str(error)) from None
    return _project(resources, caller.project)


def _project(resources: Resources, name: str) -> Project:
    with resources.database.reading() as session:
        return require_found(overview.of_project(session, name, resources.settings.default_limits), "project", name)
