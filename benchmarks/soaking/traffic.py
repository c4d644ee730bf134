"""What clients do all day: submit, look, wait, list, read, upload, cancel and delete, in two projects."""

from __future__ import annotations

import io
import itertools
import random
import time
import zipfile
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

import httpx2
import numpy as np
from PIL import Image

_IMAGES = 24
_KEPT_DATASETS = 3
_RECENT = 40


class Traffic:
    """One client of a project that does one thing after the other. What it did, and how long that took, is kept.

    Args:
        url: of the service.
        key: of the project; None where none is needed.
        seed: of everything that it draws, so that projects differ.
    """

    def __init__(self, url: str, key: str | None, seed: int) -> None:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._client = httpx2.Client(base_url=url, headers=headers, timeout=60)
        self._random, self._numbers, self._seed = random.Random(seed), itertools.count(), seed  # noqa: S311
        self._jobs: deque[str] = deque(maxlen=_RECENT)
        self._datasets: deque[str] = deque()
        self.seconds: dict[str, list[tuple[float, float]]] = defaultdict(list)
        """When each kind of request was sent, and how long it took."""
        self.refused: dict[str, int] = defaultdict(int)
        """Answers that were not to be expected, by request and status."""

    def act(self) -> None:
        """Do the next thing."""
        number = next(self._numbers)
        actions: tuple[tuple[int, Callable[[int], None]], ...] = (
            (1, self._look), (3, self._list), (5, self._submit), (7, self._wait), (11, self._read), (13, self._cancel),
            (17, self._upload), (19, self._delete),
        )  # fmt: skip
        for every, do in actions:
            if number % every == 0:
                do(number)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _send(self, name: str, method: str, path: str, allowed: tuple[int, ...], **options: Any) -> httpx2.Response:
        began = time.monotonic()
        response = self._client.request(method, path, **options)
        self.seconds[name].append((began, time.monotonic() - began))
        if response.status_code not in allowed:
            self.refused[f"{name} {response.status_code}"] += 1
        return response

    def _submit(self, number: int) -> None:
        """A training of two seeds that no other job has."""
        body = {
            "kind": "training",
            "dataset": {"kind": "builtin", "name": "digits"},
            "model": {"name": "linear"},
            "training": {"epochs": 1},
            "evaluation": {"seeds": 2, "first_seed": 1_000_000 * self._seed + 2 * number, "training_images": 60},
            "spec": {"horizontal_flip": True, "rescale": 1 / 255},
            "labels": {"number": str(number)},
        }
        response = self._send(
            "submit", "POST", "/v1/jobs", (202,), json=body, headers={"Idempotency-Key": f"soak-{number}"}
        )
        if response.status_code == 202:
            self._jobs.append(response.json()["id"])

    def _some_job(self) -> str | None:
        return self._random.choice(self._jobs) if self._jobs else None

    def _look(self, _number: int) -> None:
        if (job_id := self._some_job()) is not None:
            self._send("look", "GET", f"/v1/jobs/{job_id}", (200,))

    def _list(self, _number: int) -> None:
        self._send("list", "GET", "/v1/jobs", (200,), params={"limit": 50})

    def _wait(self, _number: int) -> None:
        """Not timed: how long it takes is for the job to say."""
        if self._jobs:
            self._client.get(f"/v1/jobs/{self._jobs[-1]}", headers={"Prefer": "wait=1"})

    def _read(self, _number: int) -> None:
        if (job_id := self._some_job()) is not None:
            self._send("trials", "GET", f"/v1/jobs/{job_id}/trials", (200,))
            self._send("report", "GET", f"/v1/jobs/{job_id}/report", (200, 404, 409))

    def _cancel(self, _number: int) -> None:
        if (job_id := self._some_job()) is not None:
            self._send("cancel", "POST", f"/v1/jobs/{job_id}/cancel", (202, 409))

    def _upload(self, number: int) -> None:
        """Images that nobody has sent before."""
        files = {"file": ("images.zip", photographs(1000 * self._seed + number), "application/zip")}
        response = self._send("upload", "POST", "/v1/datasets", (200, 202), files=files)
        if response.status_code in (200, 202):
            self._datasets.append(response.json()["id"])

    def _delete(self, _number: int) -> None:
        while len(self._datasets) > _KEPT_DATASETS:
            self._send("delete", "DELETE", f"/v1/datasets/{self._datasets.popleft()}", (204, 409))


def photographs(seed: int) -> bytes:
    """A zip of small pictures in two class folders."""
    file, generator = io.BytesIO(), np.random.default_rng(seed)
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(_IMAGES):
            picture = io.BytesIO()
            Image.fromarray(generator.integers(0, 256, (24, 24, 3), np.uint8)).save(picture, "PNG")
            archive.writestr(f"{'ab'[number % 2]}/{number}.png", picture.getvalue())
    return file.getvalue()
