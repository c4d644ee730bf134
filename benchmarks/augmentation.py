"""How many images a second are augmented: Keras's ImageDataGenerator, other libraries, and Augury, in one run.

    python benchmarks/augmentation.py [--json] [--peers [LIBRARY ...]] [--rounds 7] [--seconds 0.1]

Every engine gets the same images and the same spec, in batches made by its own iterator or, where a library has none,
by a loop over images. The engines take turns, round after round; a ratio is taken within a round, and the median over
rounds is reported, with the lowest and the highest. Before anything is timed, Augury's batches are compared with
Keras's. ``copy`` is the floor: batches converted to floats by NumPy and nothing else; "of a copy" says how near an
engine comes to it, in bytes a second of images that are read and floats that are written.

All are kept to one core (``--cores``), threads and processes of theirs, too. What counts are seconds of the processor,
which other work on the machine changes little; by the wall is told beside it.

``--peers`` installs Albumentations and torchvision, or those that are named, into an environment of their own
(.venv/peers) and measures them, in a process of theirs that takes its turns; without it they are measured if they are
there. On Linux torchvision brings gigabytes of CUDA along; ``--peer-python`` names another interpreter that has one of
the two or both, as builds for processors alone, of the operating system's packages for instance (Debian's
python3-torchvision is one).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import sys
import warnings
from functools import partial
from itertools import product
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # else this file would be taken for the package of its name

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.simplefilter("ignore")

import numpy as np

from benchmarks.augmenting import tables
from benchmarks.augmenting.cases import BATCHES, GREY_AND_RGB, KINDS, MEASURED_SIZES, SIZES, SPECS, Case
from benchmarks.augmenting.figures import Comparison, Grey, comparison_of, grey_of
from benchmarks.augmenting.peers import process
from benchmarks.augmenting.turns import Runner, play, take_turn

TOLERANCE = 0.01


def keep_to(cores: int) -> None:
    """Let this process and those that it starts use so many cores, where the system can be told; before all else."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-cores:])


def measure(case: Case, peers: process.Peers | None, rounds: int, seconds: float) -> Comparison:
    """All engines on one case."""
    from benchmarks.augmenting.engines import COPY, ENGINES, OURS, REFERENCE, difference_from_keras

    images = case.images()
    difference = difference_from_keras(case, images)
    unit = 0.05 if "samplewise_std_normalization" in case.parameters else case.parameters.get("rescale", 1)
    assert difference <= TOLERANCE * max(unit, 1 / 255), f"{case}: batches differ by {difference}"
    runners: dict[str, Runner] = {name: _runner(name, case, images) for name in ENGINES}
    if peers:
        runners |= peers.runners(case, images)
    turns = play(runners, rounds, seconds)
    return comparison_of(
        case, turns, difference, own=OURS[0], not_others={*OURS, REFERENCE, COPY}, reference=REFERENCE, copy=COPY
    )


def _runner(name: str, case: Case, images: np.ndarray) -> Runner:
    from benchmarks.augmenting.engines import ENGINES

    engine = ENGINES[name](case, images)
    take_turn(engine, 0.0)  # compile, trace, load
    return partial(take_turn, engine)


def measure_grey(spec: str, rounds: int, seconds: float) -> list[Grey]:
    """What a pixel costs Augury, and a copy, in images of one channel and of three: all in the same rounds."""
    from benchmarks.augmenting.engines import COPY, OURS

    cases = {size: Case(spec, size) for size in SIZES if any(size in pair for pair in GREY_AND_RGB)}
    images = {size: case.images() for size, case in cases.items()}
    runners = {
        (engine, size): _runner(engine, case, images[size]) for engine in (*OURS, COPY) for size, case in cases.items()
    }
    turns = play(runners, rounds, seconds)
    return [
        grey_of(engine, cases, GREY_AND_RGB, {size: turns[engine, size] for size in cases}) for engine in (*OURS, COPY)
    ]


def arguments_of() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.1, help="of the processor, a turn")
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--peers", nargs="*", choices=process.TARGETS, help="install these (default: both)")
    parser.add_argument("--peer-python", type=Path, default=process.PYTHON)
    for name, some, default in (("specs", SPECS, SPECS), ("sizes", SIZES, MEASURED_SIZES), ("kinds", KINDS, KINDS)):
        parser.add_argument(f"--{name}", nargs="+", choices=list(some), default=list(default))
    parser.add_argument("--batches", nargs="+", type=int, default=list(BATCHES))
    parser.add_argument("--no-grey", action="store_true", help="do not compare what a pixel of one channel costs")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    arguments = arguments_of()
    if arguments.peers is not None:
        process.install(arguments.peers or list(process.TARGETS))
    keep_to(arguments.cores)
    wanted = [
        Case(spec, size, kind, batch)
        for batch, kind, size, spec in product(arguments.batches, arguments.kinds, arguments.sizes, arguments.specs)
    ]
    with contextlib.ExitStack() as stack:
        has_peers = arguments.peer_python.exists()
        peers = stack.enter_context(process.Peers(arguments.peer_python)) if has_peers else None
        found, grey = [], []
        for case in wanted:
            found.append(measure(case, peers, arguments.rounds, arguments.seconds))
            if not arguments.json:
                print(f"{tables.engines_table(found[-1])}\n", flush=True)
        for spec in () if arguments.no_grey else arguments.specs:
            grey += measure_grey(spec, arguments.rounds, arguments.seconds)
    _conclude(arguments, _versions(peers), found, grey)


def _versions(peers: process.Peers | None) -> str:
    versions = peers.versions if peers else {}
    return ", ".join(f"{name} {version}" for name, version in versions.items()) or "none installed, say --peers"


def _conclude(arguments: argparse.Namespace, versions: str, found: list[Comparison], grey: list[Grey]) -> None:
    from benchmarks.augmenting.engines import OURS, REFERENCE

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if not arguments.json:
        print(f"others: {versions}. {tables.NOT_RUN}\n")
        print(f"{tables.summary_table(found, OURS[0], REFERENCE)}\n")
        if grey:
            print(f"{tables.grey_table(grey)}\n")
        print(f"peak memory of the whole run, TensorFlow included: {peak:.0f} MB")
        return
    told = {name: getattr(arguments, name) for name in ("rounds", "seconds", "cores")}
    results = {"results": [each.as_json() for each in found], "grey": [each.as_json() for each in grey]}
    print(json.dumps({**told, "others": versions, "not_run": tables.NOT_RUN, **results, "peak_memory_megabytes": peak}))


if __name__ == "__main__":
    main()
