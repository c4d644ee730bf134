"""All rules in one table, and the linter that asks each of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.lint import Finding, Measurements, Semantics, Severity
from augury.linting import copies, filling, geometry, normalisation, photometric, shifts, standardisation, validation
from augury.linting.case import Case, Hit, Rule, changed

RULES: tuple[Rule, ...] = (
    *geometry.RULES,
    *shifts.RULES,
    *filling.RULES,
    *photometric.RULES,
    *normalisation.RULES,
    *standardisation.RULES,
    *validation.RULES,
    *copies.RULES,
)

_GRAVITY = tuple(Severity)


@dataclass(frozen=True)
class _Question:
    """What was asked; compared by its text alone, as specs and facts hold lists."""

    spec_text: str
    facts_text: str | None
    semantics: Semantics
    spec: ImageDataGeneratorSpec = field(compare=False, repr=False)
    facts: DatasetFacts | None = field(compare=False, repr=False)


def lint(
    spec: ImageDataGeneratorSpec, facts: DatasetFacts | None = None, semantics: Semantics = "keras"
) -> list[Finding]:
    """What is wrong or surprising about a spec, gravest first. Without facts some rules stay silent."""
    return list(_answer(_question(spec, facts, semantics))[0])


def measurements_of(
    spec: ImageDataGeneratorSpec, facts: DatasetFacts | None = None, semantics: Semantics = "keras"
) -> Measurements:
    """What the rules' numbers come from."""
    return _answer(_question(spec, facts, semantics))[1]


def lint_each(
    specs: Iterable[tuple[str, ImageDataGeneratorSpec]],
    facts: DatasetFacts | None = None,
    semantics: Semantics = "keras",
) -> dict[str, list[Finding]]:
    """The findings of several named specs."""
    return {name: lint(spec, facts, semantics) for name, spec in specs}


def _question(spec: ImageDataGeneratorSpec, facts: DatasetFacts | None, semantics: Semantics) -> _Question:
    return _Question(spec.model_dump_json(), facts.model_dump_json() if facts else None, semantics, spec, facts)


@lru_cache(maxsize=1024)
def _answer(question: _Question) -> tuple[tuple[Finding, ...], Measurements]:
    case = Case(question.spec, question.facts, question.semantics)
    findings = [finding_of(rule, hit, case) for rule in RULES if (hit := rule.check(case)) is not None]
    findings.sort(key=lambda finding: _GRAVITY.index(finding.severity))
    measured = Measurements(
        geometry=case.geometry if case.spec.has_geometry else None,
        brightness=case.brightness,
        channel_shift=case.channel_shift,
    )
    return tuple(findings), measured


def finding_of(rule: Rule, hit: Hit, case: Case) -> Finding:
    """What a rule that applies has to say."""
    concerned = hit.parameters or rule.parameters
    given = case.spec.model_dump(exclude_defaults=True)
    return Finding(
        rule=rule.id,
        severity=hit.severity or rule.severity,
        message=rule.message.format(**hit.numbers),
        remedy=rule.remedy.format(**hit.numbers),
        # A rule names all parameters that can play a part; a finding those that do, or the one that is missing.
        parameters=[name for name in concerned if name in given] or list(concerned),
        changed_spec=changed(case.spec, hit.changes),
        reference=rule.reference,
    )
