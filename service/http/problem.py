"""What a problem is: an error that the client is to see, and the row of the table that it is made by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from api_schemas.service.problems import PROBLEM_TYPE_PREFIX, FieldProblem
from augury.field_problems import in_ascii


class ProblemError(Exception):
    """An error that the client is to see. Made by a row: ``CANNOT_STOP.error(reason)``."""

    key: tuple[str, str] | None = None
    """Of a refusal of a key that was one: whose it is, and its id."""

    def __init__(
        self,
        problem_type: ProblemType,
        detail: str,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.type, self.detail = problem_type, detail
        self.errors, self.headers = list(errors), dict(headers or {})


@dataclass(frozen=True)
class ProblemType:
    """One kind of problem.

    Attributes:
        status: of the answer, 400 to 599.
        slug: ends its URN; stable, as programs look at it.
        meaning: what has happened, in a sentence without its full stop.
        remedy: what a client should do, in sentences.
        retryable: whether sending the same request again may succeed.
    """

    status: int
    slug: str
    meaning: str
    remedy: str
    retryable: bool = False

    @property
    def urn(self) -> str:
        """The ``type`` on the wire."""
        return PROBLEM_TYPE_PREFIX + self.slug

    @property
    def title(self) -> str:
        """The ``title`` on the wire: HTTP's phrase for the status."""
        return HTTPStatus(self.status).phrase

    def error(
        self, detail: str, errors: Sequence[FieldProblem] = (), headers: Mapping[str, str] | None = None
    ) -> ProblemError:
        """To be raised; *detail* says what it is in this case, *headers* are added to the answer's."""
        return ProblemError(self, detail, errors, headers)

    def error_at(self, location: str, message: str, detail: str) -> ProblemError:
        """To be raised where one field is at fault; *location* is, e.g., ``body.dataset.id``."""
        return self.error(detail, [FieldProblem(location=in_ascii(location), message=message)])
