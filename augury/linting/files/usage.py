"""Findings about what a program does with its generators, where the file proves it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from api_schemas.augmentation import PREPROCESSING_FIELDS, ImageDataGeneratorSpec
from api_schemas.lint import Severity
from augury.linting.files.findings import PlacedFinding
from augury.reading.found import EVERY_RULE, Contents, FoundSpec, Position
from augury.reading.known import ReadSpec, as_spec

AUGMENTED = "validation-augmented"
OTHERWISE = "validation-preprocessed-otherwise"
NEVER_FITTED = "never-fitted"
_VALIDATION = "validation"


@dataclass(frozen=True)
class _Generator:
    found: FoundSpec
    read: ReadSpec

    @property
    def is_augmented(self) -> bool:
        """Whether it augments, whatever is not known of it: no parameter takes a transform away."""
        return self.read.spec is not None and self.read.spec.has_augmentation

    @property
    def preprocessing(self) -> ImageDataGeneratorSpec | None:
        """What it does to every image; None where that is not known."""
        is_known = not self.read.unread & set(PREPROCESSING_FIELDS)
        return self.read.spec.preprocessing() if self.read.spec is not None and is_known else None


def usage_findings(contents: Contents) -> list[list[PlacedFinding]]:
    """What there is to say about the use of each spec of a file."""
    generators = [_Generator(found, as_spec(found)) for found in contents.specs]
    said: list[list[PlacedFinding]] = [[*_of_subsets(each), *_of_statistics(each)] for each in generators]
    for validation in contents.validations:
        trains, validates = generators[validation.training], generators[validation.validation]
        said[validation.validation] += _of_validation(trains, validates, validation.position)
    return [
        _once([each for each in findings if not {each.rule, EVERY_RULE} & found.silenced])
        for findings, found in zip(said, contents.specs, strict=True)
    ]


def _of_subsets(generator: _Generator) -> Iterator[PlacedFinding]:
    for use in generator.found.uses:
        if use.subset == _VALIDATION and use.method.startswith("flow") and generator.is_augmented:
            yield _augmented(use.position, 'subset="validation" of this generator is')


def _of_validation(trains: _Generator, validates: _Generator, position: Position) -> Iterator[PlacedFinding]:
    if validates.is_augmented:
        yield _augmented(position, "The images that are validated on here are")
    one, other = trains.preprocessing, validates.preprocessing
    if one is None or other is None or one == other:
        return
    differing = [name for name in PREPROCESSING_FIELDS if getattr(one, name) != getattr(other, name)]
    told = ", ".join(f"{name} {getattr(one, name)} against {getattr(other, name)}" for name in differing)
    yield PlacedFinding(
        position,
        Severity.ERROR,
        OTHERWISE,
        f"The images that are validated on here are not preprocessed like those of the training: {told}.",
        "Give both generators the same preprocessing; only augmentation is for training alone.",
    )


def _augmented(position: Position, which: str) -> PlacedFinding:
    return PlacedFinding(
        position,
        Severity.WARNING,
        AUGMENTED,
        f"{which} augmented, too: what is measured on them changes with every draw.",
        "Take a second generator for them, with the preprocessing only.",
    )


def _of_statistics(generator: _Generator) -> Iterator[PlacedFinding]:
    """Of a generator that is used up in the file: it flows, and is never fitted."""
    flows = [use for use in generator.found.uses if use.method.startswith("flow")]
    is_fitted = any(not use.method.startswith("flow") for use in generator.found.uses)
    if generator.read.spec is None or not generator.read.spec.needs_fit or not flows or is_fitted:
        return
    if generator.found.has_no_other_use:
        yield PlacedFinding(
            flows[0].position,
            Severity.ERROR,
            NEVER_FITTED,
            "This generator needs statistics of the training images, and fit() is never called on it: Keras warns, "
            "and normalises nothing.",
            "Call fit() with the training images before it flows.",
        )


def _once(findings: Sequence[PlacedFinding]) -> list[PlacedFinding]:
    return list(dict.fromkeys(findings))
