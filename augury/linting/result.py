"""Everything the rules say about one spec, with what the numbers are about."""

from __future__ import annotations

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.lint import LintResult, Semantics
from augury.linting.rules import lint, measurements_of


def lint_result(
    spec: ImageDataGeneratorSpec, facts: DatasetFacts | None, semantics: Semantics, *, is_dataset_named: bool
) -> LintResult:
    """Findings and measurements; without *facts* on assumed images, for a reason that the result says."""
    return LintResult(
        findings=lint(spec, facts, semantics),
        measurements=measurements_of(spec, facts, semantics),
        semantics=semantics,
        facts_used=facts is not None,
        basis=_basis(facts, is_dataset_named=is_dataset_named),
    )


def _basis(facts: DatasetFacts | None, *, is_dataset_named: bool) -> str:
    if facts is not None:
        height, width, channels = facts.shape
        low, high = facts.value_range
        return f"{facts.images} images of {height}×{width}×{channels} with values from {low:g} to {high:g}"
    reason = "the dataset has not been read yet" if is_dataset_named else "no dataset was named"
    return f"8-bit images of 64×64 are assumed, as {reason}; rules that need facts are silent"
