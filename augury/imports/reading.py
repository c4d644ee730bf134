"""What is gathered from a pipeline's transforms, one after the other, and the spec that it comes to."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.imports.imported import Imported, ImportRefused
from augury.imports.steps import NOT_LITERAL, Name, Step

TOP = 255.0
_CLOSE = 5e-3
_MAX_NUMBER = 1e9
_IMAGENET = {
    "imagenet_tf": ((127.5,) * 3, (127.5,) * 3),
    "imagenet_torch": (
        (0.485 * TOP, 0.456 * TOP, 0.406 * TOP),
        (0.229 * TOP, 0.224 * TOP, 0.225 * TOP),
    ),
}
Range = tuple[float, float]
Numbers = tuple[float, ...]


class NotUnderstood(Exception):  # noqa: N818 - named for what happened, as in augury.errors
    """A transform has an argument that says nothing that can be read; the text says which."""


@dataclass
class Reading:
    """The spec's arguments so far, what was lost, and the normalisation ``(x - mean) / std`` of 0-255 so far."""

    spec: dict[str, Any] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    mean: Numbers = (0.0,)
    std: Numbers = (1.0,)

    def put(self, step: Step, **arguments: Any) -> None:
        """Say these of the spec. What has been said before stays, and the second is lost."""
        for name, value in arguments.items():
            if self.spec.setdefault(name, value) != value:
                self.lose(f"{step.where}: {name} is {self.spec[name]!r} already; {value!r} is left out.")

    def lose(self, sentence: str) -> None:
        """Note something that the spec does not say."""
        if sentence not in self.lost:
            self.lost.append(sentence)

    def scale(self, factor: float) -> None:
        """Multiply what comes out.

        Raises:
            NotUnderstood: by 0.
        """
        if factor == 0:
            raise NotUnderstood("it multiplies by 0")
        self.std = tuple(each / factor for each in self.std)

    def normalise(self, mean: Numbers, std: Numbers) -> None:
        """Subtract and divide what comes out.

        Raises:
            NotUnderstood: it divides by 0, or the numbers do not go together.
        """
        if 0 in std:
            raise NotUnderstood("it divides by 0")
        channels = max(map(len, (mean, std, self.mean, self.std)))
        means, stds, old_means, old_stds = (_spread(each, channels) for each in (mean, std, self.mean, self.std))
        self.mean = tuple(m + s * new for m, s, new in zip(old_means, old_stds, means, strict=True))
        self.std = tuple(s * new for s, new in zip(old_stds, stds, strict=True))

    def finished(self, source: str) -> Imported:
        """The spec, and what was lost.

        Raises:
            ImportRefused: the spec would not be one, which says why.
        """
        arguments = self.spec | self._preprocessing()
        try:
            spec = ImageDataGeneratorSpec(**arguments)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(each) for each in first["loc"])
            raise ImportRefused(f"what is read is not a spec: {where}: {first['msg']}") from None
        return Imported(spec, tuple(self.lost), source)

    def _preprocessing(self) -> dict[str, Any]:
        mean, std = self.mean, self.std
        if not any(mean) and len(set(std)) == 1:
            return {} if std[0] == 1 else {"rescale": 1 / std[0]}
        for name, (means, stds) in _IMAGENET.items():
            if _is_close(mean, means) and _is_close(std, stds):
                return {"preprocessing_function": name}
            if _is_close(_at_255(mean), means) and _is_close(_at_255(std), stds):
                self.lose(f"nothing divides by 255 before the normalisation of {name}, which does so itself.")
                return {"preprocessing_function": name}
        self.lose(
            f"a normalisation by mean {_told(mean)} and deviation {_told(std)} of 0-255 is no spec's; "
            "it rescales by 1/255 instead."
        )
        return {"rescale": 1 / TOP}


Rule = Callable[[Step, Reading], None]


def read_steps(steps: tuple[Step, ...], rules: dict[str, Rule], reading: Reading) -> None:
    """Read every step by its rule; what has none, or cannot be understood, is lost."""
    for step in steps:
        rule = rules.get(step.name)
        if rule is None:
            reading.lose(f"{step.where} has no counterpart and is left out.")
            continue
        try:
            rule(step, reading)
        except NotUnderstood as error:
            reading.lose(f"{step.where} is left out: {error}.")


def chosen(pipelines: list[Step], rules: dict[str, Rule], reading: Reading) -> Step:
    """The pipeline that is read: the one with the most transforms that have a rule.

    Raises:
        ImportRefused: there is none.
    """
    known = [(sum(each.name in rules for each in pipeline.steps), pipeline) for pipeline in pipelines]
    if not known or max(count for count, _ in known) == 0:
        raise ImportRefused("there is no pipeline here with a transform that is known: expected Compose([...])")
    most = max(count for count, _ in known)
    first = next(pipeline for count, pipeline in known if count == most)
    if len(known) > 1:
        reading.lose(f"of {len(known)} pipelines that in line {first.line} is read.")
    return first


def number(value: Any, name: str) -> float:
    """A number of any size that an augmentation has.

    Raises:
        NotUnderstood: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _MAX_NUMBER:
        raise NotUnderstood(f"{name} is {_said(value)}, expected a number")
    return float(value)


def numbers(value: Any, name: str) -> Numbers:
    """One number or several.

    Raises:
        NotUnderstood: it is something else.
    """
    if isinstance(value, list | tuple) and value:
        return tuple(number(each, name) for each in value)
    return (number(value, name),)


def span(value: Any, name: str, *, around: float | None) -> Range:
    """A pair of numbers; one number r stands for [around - r, around + r], or for itself where *around* is None.

    Raises:
        NotUnderstood: it is something else.
    """
    read = numbers(value, name)
    if len(read) == 1:
        return (read[0], read[0]) if around is None else (around - abs(read[0]), around + abs(read[0]))
    if len(read) != 2 or read[0] > read[1]:
        raise NotUnderstood(f"{name} is {_said(value)}, expected a number or a pair [low, high]")
    return read[0], read[1]


def symmetric(reading: Reading, step: Step, name: str, ends: Range, unit: str) -> float:
    """The r of [-r, r] around a range, which is what a spec has; what that adds is lost."""
    low, high = ends
    most = max(abs(low), abs(high))
    if not math.isclose(low, -high, abs_tol=1e-9):
        reading.lose(f"{step.where}: {name} from {low:g} to {high:g}{unit} becomes {-most:g} to {most:g}{unit}.")
    return most


def _spread(values: Numbers, channels: int) -> Numbers:
    if len(values) not in (1, channels):
        raise NotUnderstood(f"{len(values)} numbers for {channels} channels")
    return values * (channels // len(values))


def _at_255(values: Numbers) -> Numbers:
    return tuple(each * TOP for each in values)


def _is_close(values: Numbers, expected: Numbers) -> bool:
    wide = values * 3 if len(values) == 1 else values
    return len(wide) == 3 and all(math.isclose(a, b, rel_tol=_CLOSE) for a, b in zip(wide, expected, strict=True))


def _told(values: Numbers) -> str:
    return ", ".join(f"{each:.4g}" for each in values)


def _said(value: Any) -> str:
    if isinstance(value, Name):
        return f"{value.dotted}, which is not a literal"
    return "not a literal" if value is NOT_LITERAL else repr(value)[:60]


def leave_out_size(step: Step, reading: Reading) -> None:
    """Something that makes images another size."""
    reading.lose(f"{step.where} is left out: images are resized where a dataset is read, not by a spec.")


def change_nothing(_step: Step, _reading: Reading) -> None:
    """Something that changes no pixel."""
