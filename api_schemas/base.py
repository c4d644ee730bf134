"""The base of every model on the wire: strict types, no unknown fields, helpful refusals."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Self, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError
from pydantic_core.core_schema import CoreSchema, ErrorType

from api_schemas.integers import with_integers
from api_schemas.plain_text import PLAIN_PATTERN, require_plain

Points = Annotated[
    float,
    Field(
        description="Hundredths of a metric: of accuracy percentage points, 1.0 is one image in a hundred; of log_loss "
        "hundredths of a nat. Differences are of the metric that decides, and above zero is better; those of classes, "
        "of single parameters and gaps are of accuracy."
    ),
]
Fraction = Annotated[float, Field(ge=0, le=1)]
Timestamp = Annotated[str, Field(description="RFC 3339, UTC.", examples=["2026-01-31T12:00:00.000Z"])]

MAX_FIELDS = 100
"""Of an object that a client sends. None has so many; whoever sends more would have each complained about."""
MAX_SUGGESTIONS = 5
"""Of an object: looking for what was meant takes a hundred times as long as all else that is done about a field."""
_MAX_NAME_LENGTH = 100
_ARE_SUGGESTIONS_WANTED = ContextVar("are_suggestions_wanted", default=True)
_BUILT_IN_ERRORS = frozenset(get_args(ErrorType))


@contextmanager
def without_suggestions() -> Iterator[None]:
    """Validate without a search for what unknown fields were meant to be, where nobody reads what is wrong."""
    token = _ARE_SUGGESTIONS_WANTED.set(False)
    try:
        yield
    finally:
        _ARE_SUGGESTIONS_WANTED.reset(token)


def timestamp(seconds: float) -> str:
    """Unix seconds as a Timestamp: RFC 3339 in UTC with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def optional_timestamp(seconds: float | None) -> str | None:
    """As timestamp, or None."""
    return None if seconds is None else timestamp(seconds)


def nearest_name(name: str, known: list[str]) -> str | None:
    """The known name that *name* is most likely a misspelling of, or None. What is very long is none."""
    if len(name) > _MAX_NAME_LENGTH:
        return None
    return next(iter(difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)), None)


def require_few_fields(value: Any) -> Any:
    """The *value* as it is, for objects that a client sends.

    Raises:
        PydanticCustomError: it is an object with more than ``MAX_FIELDS`` fields.
    """
    if isinstance(value, dict) and len(value) > MAX_FIELDS:
        context = {"count": len(value), "allowed": MAX_FIELDS}
        raise PydanticCustomError("too_many_fields", "an object of at most {allowed} fields, not of {count}", context)
    return value


LabelKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./-]{0,62}$")]
LabelValue = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_./:@ -]{0,100}$")]
Labels = Annotated[
    dict[LabelKey, LabelValue],
    BeforeValidator(require_few_fields),
    Field(max_length=20, json_schema_extra={"additionalProperties": False}),
]


class Body(BaseModel):
    """What the service sends. Frozen, so a value read once cannot drift."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RequestModel(BaseModel):
    """What a client sends.

    Types are strict (``"20"`` and ``true`` are not numbers, but ``20.0`` is an integer, as JSON Schema has it),
    infinities and NaN are refused, so are control characters in texts, and an unknown field is an error that names the
    field the client probably meant. Where there are many unknown fields, only the first few errors do.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    renamed_fields: ClassVar[Mapping[str, str]] = {}
    """Names that fields had in earlier versions, and what they are called now."""

    @field_validator("*")
    @classmethod
    def _texts_are_plain(cls, value: Any) -> Any:
        return require_plain(value)  # models in it have looked at their own texts

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The schema, in which texts without a pattern of their own have that of plain ones."""
        schema = handler(core_schema)
        for field in handler.resolve_ref_schema(schema).get("properties", {}).values():
            for alternative in (field, *field.get("anyOf", [])):
                if alternative.get("type") == "string" and not alternative.keys() & {"pattern", "enum", "const"}:
                    alternative["pattern"] = PLAIN_PATTERN
        return schema

    @model_validator(mode="wrap")
    @classmethod
    def _suggest_known_fields(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(require_few_fields(value))
        except ValidationError as refusal:
            if not _ARE_SUGGESTIONS_WANTED.get():
                raise
            error, lines = refusal, refusal.errors(include_url=False)
        again = with_integers(value, lines)
        try:
            if again is None:
                raise error
            return handler(again)
        except ValidationError as refusal:
            error, lines = refusal, refusal.errors(include_url=False)
            if not any(_is_unknown_field(line) for line in lines):
                raise
            details = _with_suggestions(lines, list(cls.model_fields), cls.renamed_fields)
            raise ValidationError.from_exception_data(error.title, details) from None


def _is_unknown_field(line: ErrorDetails) -> bool:
    return line["type"] == "extra_forbidden" and len(line["loc"]) == 1


def _with_suggestions(
    lines: Sequence[ErrorDetails], known: list[str], renamed: Mapping[str, str]
) -> list[InitErrorDetails]:
    """The same errors again, those about the first unknown fields with what was probably meant."""
    details, unknown = [], 0
    for line in lines:
        unknown += _is_unknown_field(line)
        details.append(_with_suggestion(line, known if unknown <= MAX_SUGGESTIONS else [], renamed))
    return details


def _with_suggestion(line: ErrorDetails, known: list[str], renamed: Mapping[str, str]) -> InitErrorDetails:
    """The same error again, but for an unknown field one that names its new name, or the likely intention."""
    kind: str | PydanticCustomError = line["type"]
    if _is_unknown_field(line):
        kind = PydanticCustomError("unknown_field", _literal(_about_unknown(str(line["loc"][0]), known, renamed)))
    elif line["type"] not in _BUILT_IN_ERRORS:
        kind = PydanticCustomError(_literal(line["type"]), _literal(line["msg"]))
    return InitErrorDetails(type=kind, loc=line["loc"], input=line["input"], ctx=line.get("ctx", {}))


def _about_unknown(name: str, known: list[str], renamed: Mapping[str, str]) -> str:
    if name in renamed:
        return f"unknown field; it is called '{renamed[name]}' now"
    hint = nearest_name(name, known)
    return f"unknown field; did you mean '{hint}'?" if hint else "unknown field"


def _literal(message: str) -> Any:
    """The message with nothing in it that pydantic would take for a placeholder."""
    return message.replace("{", "{{").replace("}", "}}")


def names_its_kinds(*kinds: str) -> WrapValidator:
    """For a union on ``kind``: puts a missing or unknown kind where it belongs, and names the known ones."""
    *others, last = (repr(str(kind)) for kind in kinds)
    expected = " or ".join(filter(None, [", ".join(others), last]))

    def validate(body: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        try:
            return handler(body)
        except ValidationError as error:
            line = error.errors(include_url=False)[0]
            if line["type"] == "union_tag_not_found":
                missing = PydanticCustomError("missing_kind", _literal(expected))
                found: InitErrorDetails = {"type": missing, "loc": ("kind",), "input": None}
            elif line["type"] == "union_tag_invalid":
                context = {"expected": expected}
                found = {"type": "literal_error", "loc": ("kind",), "input": body["kind"], "ctx": context}
            else:
                raise
            raise ValidationError.from_exception_data(error.title, [found]) from None

    return WrapValidator(validate)
