"""Engines taking turns, and what follows from how long their turns took. Nothing here but the standard library.

Time is told in two ways: seconds of the processor, which all threads of an engine's process took together and which
other work on the machine changes little, and seconds on the wall. Ratios are taken within a round, since a machine is
slower in some minutes than in others; what is stated is the median over the rounds.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from typing import Any, Literal, NamedTuple, TypeVar

Clock = Literal["processor", "wall"]
MAX_WALL_RATIO = 20
"""A turn ends after so many times its seconds on the wall, should others leave it no processor."""


class Turn(NamedTuple):
    """So many images took so many seconds."""

    images: int
    processor: float
    wall: float

    def per_second(self, clock: Clock) -> float:
        """Images a second."""
        return self.images / (self.processor if clock == "processor" else self.wall)


Runner = Callable[[float], Turn]
"""Takes a turn of about so many seconds of the processor."""
Turns = Mapping[str, Sequence[Turn]]
"""Of each engine, a turn a round."""
Key = TypeVar("Key")


class Ratio(NamedTuple):
    """Of two engines' speeds: the median over rounds, and between what they lay."""

    median: float
    lowest: float
    highest: float


def take_turn(engine: Iterator[Any], seconds: float) -> Turn:
    """Batches for so many seconds of the processor, one at least.

    Args:
        engine: gives batches: arrays, or tuples whose first is one.
        seconds: after which no further batch is begun.
    """
    images, wall, processor = 0, time.perf_counter(), time.process_time()
    while True:
        images += _images_in(next(engine))
        took, waited = time.process_time() - processor, time.perf_counter() - wall
        if took >= seconds or waited >= MAX_WALL_RATIO * max(seconds, 0.05):
            return Turn(images, max(took, 1e-9), max(waited, 1e-9))


def _images_in(batch: Sized) -> int:
    return len(batch[0]) if isinstance(batch, tuple) else len(batch)


def play(runners: Mapping[Key, Runner], rounds: int, seconds: float) -> dict[Key, list[Turn]]:
    """Let all take a turn each, round after round; every other round begins with the last.

    Raises:
        ValueError: there is no round.
    """
    if rounds < 1:
        raise ValueError(f"there must be a round at least, got {rounds}")
    turns: dict[Key, list[Turn]] = {name: [] for name in runners}
    for number in range(rounds):
        for name in list(runners)[:: 1 if number % 2 == 0 else -1]:
            turns[name].append(runners[name](seconds))
    return turns


def speed(turns: Sequence[Turn], clock: Clock = "processor") -> float:
    """Images a second at the median: on one core, or as they came."""
    return statistics.median(turn.per_second(clock) for turn in turns)


def ratio(turns: Sequence[Turn], others: Sequence[Turn], clock: Clock = "processor") -> Ratio:
    """How many times as fast the former are as the latter, each compared with the other's turn of the same round.

    Raises:
        ValueError: they did not take as many turns.
    """
    each = [one.per_second(clock) / other.per_second(clock) for one, other in zip(turns, others, strict=True)]
    return Ratio(statistics.median(each), min(each), max(each))
