"""Findings about a spec as it stands in a file: only those that hold whatever is not known of it.

A rule is asked with a spec that notes what is read of it. Where that is a parameter whose value is not known, the rule
has nothing to say. Where no dataset is named, a rule has to say the same of all images that are assumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.lint import Finding, Semantics, Severity
from augury.linting.case import Rule
from augury.linting.files.assumptions import cases, watched
from augury.linting.rules import RULES, finding_of
from augury.reading.found import EVERY_RULE, FoundSpec, Position
from augury.reading.known import ReadSpec, as_spec

_ABOUT_JOBS = frozenset({"needs-fit", "never-unchanged", "no-augmentation", "validation-split-takes-the-first"})
"""Rules that take for granted how a spec is used: as jobs use it. What other code does is seen from that code."""
_OF_CODE = tuple(rule for rule in RULES if rule.id not in _ABOUT_JOBS)

UNKNOWN_ARGUMENT = "unknown-argument"
OUTSIDE_SPECS = "outside-specs"


@dataclass(frozen=True)
class PlacedFinding:
    """One thing to say, and where."""

    position: Position
    severity: Severity
    rule: str
    message: str
    remedy: str


def findings_of(
    found: FoundSpec, facts: DatasetFacts | None = None, semantics: Semantics = "keras"
) -> list[PlacedFinding]:
    """Everything that can be said of a spec for certain, gravest first."""
    read = as_spec(found)
    said = [*_of_arguments(found, read), *_of_rules(found, read, facts, semantics)]
    kept = [each for each in said if not {each.rule, EVERY_RULE} & found.silenced]
    return sorted(kept, key=lambda each: list(Severity).index(each.severity))


def _of_arguments(found: FoundSpec, read: ReadSpec) -> Iterator[PlacedFinding]:
    for name, position in found.unknown.items():
        yield PlacedFinding(
            position,
            Severity.ERROR,
            UNKNOWN_ARGUMENT,
            f"ImageDataGenerator has no parameter {name}.",
            "Leave it out, or correct its name.",
        )
    for name, reason in read.refused:
        yield PlacedFinding(
            found.positions.get(name, found.position),
            Severity.INFO,
            OUTSIDE_SPECS,
            f"Specs have no {name} like this: {reason}." if name else f"No spec is like this: {reason}.",
            "It is not judged here; a comparison needs another value.",
        )


def _of_rules(
    found: FoundSpec, read: ReadSpec, facts: DatasetFacts | None, semantics: Semantics
) -> Iterator[PlacedFinding]:
    if read.spec is None:
        return
    for rule in RULES if not found.is_code else _OF_CODE:
        finding = _certain(rule, read.spec, read.unread, facts, semantics)
        if finding is not None:
            written = [found.positions[name] for name in finding.parameters if name in found.positions]
            position = min(written, default=found.position)
            yield PlacedFinding(position, finding.severity, rule.id, finding.message, finding.remedy)


def _certain(
    rule: Rule,
    spec: ImageDataGeneratorSpec,
    unread: frozenset[str],
    facts: DatasetFacts | None,
    semantics: Semantics,
) -> Finding | None:
    """What a rule says, where it says so in every case and looks at nothing that is not known."""
    first: Finding | None = None
    for case in cases(spec, facts, semantics):
        stand_in, watch = watched(spec)
        hit = rule.check(replace(case, spec=stand_in))
        if hit is None or watch.seen & unread:
            return None
        first = first or finding_of(rule, hit, case)
    return first
