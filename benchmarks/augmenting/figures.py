"""What the turns of a case come to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks.augmenting.cases import Case
from benchmarks.augmenting.turns import Ratio, Turn, Turns, ratio, speed


class Figures(NamedTuple):
    """Of one engine, on one core where not said otherwise: by seconds of the processor."""

    images_per_second: float
    nanoseconds_per_pixel: float
    bytes_per_second: float
    of_copy: float
    """Bytes a second beside those of a plain copy to floats: 1 is the floor's."""
    to_reference: Ratio
    wall_images_per_second: float
    wall_to_reference: Ratio


class Comparison(NamedTuple):
    """All engines of a case."""

    case: Case
    largest_difference: float
    engines: dict[str, Figures]
    fastest_other: str
    to_fastest_other: Ratio

    def as_json(self) -> dict[str, Any]:
        """Plain objects, ratios as ``[median, lowest, highest]``."""
        engines = {name: figures._asdict() for name, figures in self.engines.items()}
        return {**self._asdict(), "case": self.case._asdict(), "engines": engines}


def figures_of(name: str, case: Case, turns: Turns, *, reference: str, copy: str) -> Figures:
    """One engine's, beside the turns of the reference and of the copy in the same rounds."""
    own = turns[name]
    images = speed(own)
    return Figures(
        images_per_second=images,
        nanoseconds_per_pixel=1e9 / (images * case.pixels),
        bytes_per_second=images * case.bytes_moved,
        of_copy=ratio(own, turns[copy]).median,
        to_reference=ratio(own, turns[reference]),
        wall_images_per_second=speed(own, "wall"),
        wall_to_reference=ratio(own, turns[reference], "wall"),
    )


def comparison_of(
    case: Case,
    turns: Turns,
    largest_difference: float,
    *,
    own: str,
    not_others: Collection[str],
    reference: str,
    copy: str,
) -> Comparison:
    """A case's figures, and how many times as fast *own* is as the fastest that is none of *not_others*.

    Raises:
        ValueError: there is no other.
    """
    others = {name: speed(each) for name, each in turns.items() if name not in not_others}
    if not others:
        raise ValueError(f"there is no other engine than {', '.join(turns)}")
    fastest = max(others, key=lambda name: others[name])
    engines = {name: figures_of(name, case, turns, reference=reference, copy=copy) for name in turns}
    return Comparison(case, largest_difference, engines, fastest, ratio(turns[own], turns[fastest]))


class Grey(NamedTuple):
    """What a pixel costs one engine in images of one channel, beside images of three."""

    engine: str
    spec: str
    nanoseconds: dict[str, float]
    """By sizes."""
    dearer: dict[str, Ratio]
    """How many times as much the first size costs as the second, by "first to second"."""

    def as_json(self) -> dict[str, Any]:
        """Plain objects."""
        return self._asdict()


def grey_of(
    engine: str, cases: Mapping[str, Case], pairs: Sequence[tuple[str, str]], turns: Mapping[str, Sequence[Turn]]
) -> Grey:
    """Compare an engine's turns, within their rounds.

    Args:
        engine: its name.
        cases: of one spec, by their sizes.
        pairs: of sizes to be compared: a grey one and another.
        turns: by sizes.
    """
    nanoseconds = {size: 1e9 / (speed(turns[size]) * case.pixels) for size, case in cases.items()}
    dearer = {}
    for grey, other in pairs:
        scale = cases[other].pixels / cases[grey].pixels
        dearer[f"{grey} to {other}"] = Ratio(*(each * scale for each in ratio(turns[other], turns[grey])))
    return Grey(engine, next(iter(cases.values())).spec, nanoseconds, dearer)
