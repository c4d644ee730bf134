"""The client's part about one's own project: what it has, what it may take, and who did what in it."""

from __future__ import annotations

from api_schemas.access.audit import AuditOutcome, AuditTrail
from api_schemas.access.projects import Project
from api_schemas.access.usage import Usage
from augury.client.base import Calls, given


class ProjectClient(Calls):
    """The project that one's key is to. For what methods raise see `augury.Client`."""

    def project(self) -> Project:
        """Its name, what it may take, how long it keeps what it has, and how much there is."""
        return self._ask(Project, "GET", "/v1/project")

    def delete_project(self, confirm: str) -> Project:
        """Delete one's own project with all that it has. Nothing brings it back.

        Its state is ``deleting`` while it goes; once it is gone its keys are refused.

        Parameters:
            confirm: The name of the project.
        """
        return self._ask(Project, "DELETE", "/v1/project", params={"confirm": confirm})

    def usage(self, days: int | None = None) -> Usage:
        """What the project has taken of the service, beside what it may, and what was trained in the last *days*."""
        query: dict[str, str | int] = given({"days": days})
        return self._ask(Usage, "GET", "/v1/usage", params=query)

    def audit(
        self,
        *,
        action: str | None = None,
        key: str | None = None,
        subject: str | None = None,
        object_id: str | None = None,
        outcome: AuditOutcome | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> AuditTrail:
        """One page of who did what, newest first.

        Parameters:
            action: Only this operation, by its name, such as ``submit_job``.
            key: Only what was done with this key, by its id.
            subject: Only what this person did, by what their issuer calls them.
            object_id: Only what was done to this, by its id.
            outcome: Only what was ``done``, or ``refused``.
            limit: How many at most.
            cursor: The last page's ``next_cursor``; where that is None there is no more.
        """
        said = {"action": action, "key": key, "subject": subject, "object": object_id, "outcome": outcome}
        query: dict[str, str | int] = given({**said, "limit": limit, "cursor": cursor})
        return self._ask(AuditTrail, "GET", "/v1/audit", params=query)
