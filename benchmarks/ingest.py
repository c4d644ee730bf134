"""How long it takes to bring labelled images into one array: Augury's reader, and the loop that one would write.

    python benchmarks/ingest.py [--json] [--rounds 5] [--images 20000] [--digits 60000]

Two sources, made by this script: photographs of 100x100 (JPEG, quality 90) in a zip with ten class folders, and
digits of 28x28 as IDX, MNIST's own format. The plain loop reads them with zipfile or NumPy, opens each image with
Pillow, converts, stacks and saves; it measures nothing. Augury checks the archive, decodes, writes the snapshot,
measures, looks for copies, and hashes all (its digest). Each run is a process of its own; the two take turns, round
after round; a ratio is taken within a round, and the median over rounds is reported: ``ratio`` of the time inside a
process that has imported what it needs, ``with_start`` of the whole process. Memory is the sum of the resident sets
of a process and its children, sampled in one more run that is not timed. Both arrays are compared at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # else this folder would be searched for packages

import numpy as np
from PIL import Image

SIDE, DIGIT, CLASSES = 100, 28, 10
SAMPLE_SECONDS = 0.02
MEGABYTE = 1 << 20


def make_photographs(folder: Path, count: int) -> Path:
    """A zip of JPEGs: smooth colours with edges and the noise of a camera, a file for each."""
    path = folder / "photographs.zip"
    random = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as archive:
        for index in range(count):
            smooth = Image.fromarray(random.integers(0, 256, (8, 8, 3), dtype=np.uint8)).resize((140, 140), 3)
            pixels = np.asarray(smooth.crop((20, 20, 20 + SIDE, 20 + SIDE))).astype(np.int16)
            pixels = pixels + random.integers(-10, 11, (SIDE, SIDE, 1), dtype=np.int16)
            pixels[int(random.integers(SIDE)) :, int(random.integers(SIDE)) :] //= 2
            encoded = folder / "one.jpg"
            Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(encoded, quality=90)
            archive.write(encoded, f"photographs/class-{index % CLASSES}/{index:06}.jpg")
    return path


def make_digits(folder: Path, count: int) -> Path:
    """A folder of the two IDX files that MNIST's training part has."""
    path = folder / "digits"
    path.mkdir()
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (count, DIGIT, DIGIT), dtype=np.uint8)
    labels = random.integers(0, CLASSES, count).astype(np.uint8)
    shape = b"".join(size.to_bytes(4) for size in images.shape)
    (path / "train-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + shape + images.tobytes())
    (path / "train-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01" + shape[:4] + labels.tobytes())
    return path


def plain_photographs(source: Path, target: Path) -> float:
    """Zipfile, Pillow, a loop. Returns the seconds it took."""
    began = time.perf_counter()
    images, labels = [], []
    with zipfile.ZipFile(source) as archive:
        for name in sorted(archive.namelist()):
            with archive.open(name) as file:
                images.append(np.asarray(Image.open(file).convert("RGB")))
            labels.append(name.split("/")[1])
    names = sorted(set(labels))
    np.save(target / "images.npy", np.stack(images))
    np.save(target / "labels.npy", np.array([names.index(label) for label in labels]))
    return time.perf_counter() - began


def plain_digits(source: Path, target: Path) -> float:
    """NumPy, Pillow, a loop. Returns the seconds it took."""
    began = time.perf_counter()
    content = (source / "train-images-idx3-ubyte").read_bytes()
    pixels = np.frombuffer(content, dtype=np.uint8, offset=16).reshape(-1, DIGIT, DIGIT)
    images = [np.asarray(Image.fromarray(image).convert("L")) for image in pixels]
    np.save(target / "images.npy", np.stack(images))
    labels = np.frombuffer((source / "train-labels-idx1-ubyte").read_bytes(), dtype=np.uint8, offset=8)
    np.save(target / "labels.npy", labels)
    return time.perf_counter() - began


def augury(source: Path, target: Path) -> float:
    """From the file to the snapshot's folder and its digest. Returns the seconds it took."""
    from api_schemas.datasets.references import ImageOptions
    from augury.datasets.reading import read_dataset
    from augury.datasets.settings import IngestSettings
    from augury.datasets.snapshot import digest_of

    began = time.perf_counter()
    descriptor = os.open(source, os.O_RDONLY)
    assembled = read_dataset(descriptor, source.name, ImageOptions(), target, IngestSettings(), lambda *_: None)
    digest_of(assembled.folder)
    return time.perf_counter() - began


ENGINES = {"plain photographs": plain_photographs, "plain digits": plain_digits, "augury": augury}


def start(engine: str, source: Path, target: Path) -> subprocess.Popen[bytes]:
    """A process that does it once and prints its seconds."""
    command = [sys.executable, __file__, "--engine", engine, str(source), str(target)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def run(engine: str, source: Path, target: Path) -> tuple[float, float]:
    """Seconds inside the process, and from its start to its end."""
    began = time.perf_counter()
    process = start(engine, source, target)
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{engine} failed")
    return float(output), time.perf_counter() - began


def peak_memory(engine: str, source: Path, target: Path) -> float:
    """The largest sum of the resident sets of a process and its children, in MB."""
    process, peak = start(engine, source, target), 0
    while process.poll() is None:
        peak = max(peak, resident(process.pid))
        time.sleep(SAMPLE_SECONDS)
    return round(peak / MEGABYTE)


def resident(process: int) -> int:
    """Bytes of a process and its children; what they share counts for each."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(resident(int(child)) for child in children)


def compare(name: str, source: Path, images: int, rounds: int) -> dict[str, float | str]:
    """Both ways through one source, in turns."""
    seconds: dict[str, list[tuple[float, float]]] = {f"plain {name}": [], "augury": []}
    for _ in range(rounds):
        for engine, taken in seconds.items():
            with tempfile.TemporaryDirectory() as target:
                taken.append(run(engine, source, Path(target)))
    memory, arrays = {}, []
    for engine in seconds:
        with tempfile.TemporaryDirectory() as target:
            memory[engine] = peak_memory(engine, source, Path(target))
            stored = np.load(next(Path(target).rglob("images.npy")))
            arrays.append(stored.reshape(len(stored), -1))
    plain, ours = seconds.values()
    ratios = np.array(plain) / np.array(ours)
    return {
        "source": name,
        "images": images,
        "plain_seconds": round(statistics.median(inside for inside, _ in plain), 2),
        "augury_seconds": round(statistics.median(inside for inside, _ in ours), 2),
        "ratio": round(float(np.median(ratios[:, 0])), 2),
        "ratio_lowest": round(float(ratios[:, 0].min()), 2),
        "ratio_highest": round(float(ratios[:, 0].max()), 2),
        "with_start": round(float(np.median(ratios[:, 1])), 2),
        "plain_megabytes": memory[f"plain {name}"],
        "augury_megabytes": memory["augury"],
        "same_pixels": bool(np.array_equal(*arrays)),
    }


def main() -> None:
    """Make the sources, take the figures, print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, default=20_000, help="how many photographs")
    parser.add_argument("--digits", type=int, default=60_000, help="how many digits")
    parser.add_argument("--engine", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.engine:
        engine, source, target = arguments.engine
        print(ENGINES[engine](Path(source), Path(target)))
        return
    with tempfile.TemporaryDirectory() as folder:
        sources = {
            "photographs": (make_photographs(Path(folder), arguments.images), arguments.images),
            "digits": (make_digits(Path(folder), arguments.digits), arguments.digits),
        }
        results = [compare(name, *source, arguments.rounds) for name, source in sources.items()]
    if arguments.json:
        print(json.dumps({"cores": len(os.sched_getaffinity(0)), "results": results}))
        return
    for result in results:
        print("  ".join(f"{key} {value}" for key, value in result.items()))


if __name__ == "__main__":
    main()
