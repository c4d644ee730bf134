"""How long does a small job wait for a large one that came first, an upload for both, and it for 200 jobs of others?

    python benchmarks/fairness.py [--json] [--trials N] [--jobs N]

On a stack of two training processes: ten trials alone, then the same number of other ones a few seconds after a job of
200 (--trials) was submitted, and an upload of photographs beside that; then again ten beside 200 jobs (--jobs) of
another project. The reference is the time that the ten take alone. Seconds depend on the machine; both ratios should
be at most 2.5, as the small job gets half of the workers.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

sys.path[0] = str(Path(__file__).resolve().parents[1])

from augury import Client
from augury.errors import AuguryError
from augury.local.stack import LocalStack
from benchmarks.verdict import JOB_PATIENCE_SECONDS, wait_until_warm

SMALL = 2, 5
"""Arms and seeds: ten trials."""
LARGE_SEEDS, HEAD_START_SECONDS = 10, 3.0


def comparison(arms: int, seeds: int, first_seed: int) -> dict[str, Any]:
    """Trials of about a second each, which no other job has: a baseline and candidates."""
    candidates = [
        {"name": f"turn{number}", "spec": {"rotation_range": number + 1, "rescale": 1 / 255}}
        for number in range(arms - 1)
    ]
    return {
        "kind": "comparison",
        "dataset": {"kind": "builtin", "name": "digits"},
        "candidates": candidates,
        "model": {"name": "small_cnn"},
        "training": {"epochs": 30},
        "evaluation": {"seeds": seeds, "first_seed": first_seed, "training_images": 200},
    }


def photographs() -> bytes:
    """A zip of 200 images in two class folders."""
    file, generator = io.BytesIO(), np.random.default_rng(1)
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(200):
            picture = io.BytesIO()
            Image.fromarray(generator.integers(0, 256, (96, 96, 3), np.uint8)).save(picture, "JPEG")
            archive.writestr(f"{'ab'[number % 2]}/{number}.jpg", picture.getvalue())
    return file.getvalue()


def training(first_seed: int) -> dict[str, Any]:
    """A job of two such trials."""
    return {
        "kind": "training",
        "dataset": {"kind": "builtin", "name": "digits"},
        "spec": {"rotation_range": 5, "rescale": 1 / 255},
        "model": {"name": "small_cnn"},
        "training": {"epochs": 30},
        "evaluation": {"seeds": 2, "first_seed": first_seed, "training_images": 200},
    }


def key_of_another_project(data_dir: Path) -> str:
    """Made as the operator makes it; who brings none is of the default project."""
    environment = {**os.environ, "AUGURY_DATA_DIR": str(data_dir)}

    def store(*command: str) -> str:
        run = subprocess.run(
            [sys.executable, "-m", "store", *command], env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
        return run.stdout.strip()

    store("projects", "create", "crowd")
    return store("keys", "create", "fairness", "--project", "crowd")


def beside_a_crowd(stack: LocalStack, client: Client, jobs: int) -> tuple[float, int]:
    """Seconds that the ten trials take beside so many jobs of another project, and how many of these ended by then."""
    with Client(stack.url, key=key_of_another_project(stack.data_dir)) as crowd:
        accepted = [crowd.submit(training(1000 + 10 * number)).id for number in range(jobs)]
        time.sleep(HEAD_START_SECONDS)
        began = time.monotonic()
        took = until_done(client, client.submit(comparison(*SMALL, 40)).id, began)
        ended = sum(crowd.job(job_id).is_terminal for job_id in accepted)
        for job_id in accepted:
            with suppress(AuguryError):  # it may be over
                crowd.cancel(job_id)
    return took, ended


def until_done(client: Client, job_id: str, began: float) -> float:
    """Seconds until the job is over."""
    job = client.job(job_id)
    while not job.is_terminal:
        if time.monotonic() - began > JOB_PATIENCE_SECONDS:
            raise TimeoutError(f"{job_id} is still {job.state}")
        job = client.job(job_id, wait_seconds=20)
    return time.monotonic() - began


def until_read(client: Client, folder: Path) -> float:
    """Seconds until an upload is a dataset."""
    (folder / "photographs.zip").write_bytes(photographs())
    began = time.monotonic()
    dataset = client.add_dataset(folder / "photographs.zip")
    while not dataset.state.is_terminal:
        time.sleep(0.05)
        dataset = client.dataset(dataset.id)
    return time.monotonic() - began


def measure(trials: int, jobs: int) -> dict[str, Any]:
    """The small job alone, beside the large one, and beside another project's jobs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with LocalStack(folder / "stack") as stack, Client(stack.url) as client:
            wait_until_warm(stack.log_dir)
            until_done(client, client.submit(comparison(*SMALL, 900)).id, time.monotonic())  # compiles
            alone = []
            for first_seed in (0, 10, 20):
                began = time.monotonic()
                alone.append(until_done(client, client.submit(comparison(*SMALL, first_seed)).id, began))
            large = client.submit(comparison(trials // LARGE_SEEDS, LARGE_SEEDS, 100))
            time.sleep(HEAD_START_SECONDS)
            upload = until_read(client, folder)
            began = time.monotonic()
            beside = until_done(client, client.submit(comparison(*SMALL, 30)).id, began)
            left = client.job(large.id).progress
            client.cancel(large.id)
            crowded, ended = beside_a_crowd(stack, client, jobs)
    return {
        "alone_seconds": statistics.median(alone),
        "beside_seconds": beside,
        "ratio": beside / statistics.median(alone),
        "upload_seconds": upload,
        "large_trials_done": left.trials_done if left else None,
        "crowded_seconds": crowded,
        "crowded_ratio": crowded / statistics.median(alone),
        "crowd_ended": ended,
        "processes": len(os.sched_getaffinity(0)),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=200)
    arguments = parser.parse_args()
    trials = arguments.trials
    result = measure(trials, arguments.jobs)
    if arguments.json:
        print(json.dumps(result))
        return
    print(f"{math.prod(SMALL)} trials alone: {result['alone_seconds']:.1f} s")
    print(f"beside {trials} that came first: {result['beside_seconds']:.1f} s, {result['ratio']:.2f} times as long")
    done, upload = result["large_trials_done"], result["upload_seconds"]
    print(f"{done} of these were done by then; an upload was read in {upload:.1f} s")
    print(
        f"beside {arguments.jobs} jobs of another project: {result['crowded_seconds']:.1f} s, "
        f"{result['crowded_ratio']:.2f} times as long; {result['crowd_ended']} of these had ended"
    )


if __name__ == "__main__":
    main()
