"""The client's part about datasets: send images, see what became of them."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel

from api_schemas.datasets.dataset import Dataset, DatasetList
from augury.client import uploads
from augury.client.base import WATCH_PATIENCE_SECONDS, Calls, body_of, given
from augury.client.packing import OnProgress, Parcel, Watched, parcel
from augury.client.references import reference_of

Source = str | Path | BaseModel | Mapping[str, Any]
"""A local file or folder, or a reference: as text (``s3://bucket/key``), as a model, or as the JSON object it is."""

_FIRST_PAUSE_SECONDS, _MAX_PAUSE_SECONDS = 0.1, 2.0


class DatasetClient(Calls):
    """Datasets of one Augury service. For what methods raise see `augury.Client`."""

    def add_dataset(
        self,
        source: Source,
        *,
        image_size: tuple[int, int] | None = None,
        color_mode: str | None = None,
        resize: str | None = None,
        background: str | Sequence[int] | None = None,
        columns: Mapping[str, str] | None = None,
        layout: str | None = None,
        on_parcel: Callable[[Parcel], None] = lambda _: None,
        on_progress: OnProgress = lambda _sent, _total: None,
    ) -> Dataset:
        """Have images read and stored; the dataset as it is then, which may still be ``queued``.

        A local file is streamed; a folder is packed first, without links and hidden files. A large one is sent in
        pieces, and goes on where an earlier call, of this program or another, broke off.

        Parameters:
            source: See `Source`.
            image_size: Height and width of the stored images; None: as they are.
            color_mode: ``grayscale``, ``rgb`` or ``rgba``; None: as fits.
            resize: ``stretch`` or ``crop``.
            background: ``white``, ``black``, or red, green and blue from 0 to 255: on what transparent images are laid.
            columns: Names in a manifest: ``file``, ``label``, ``split``, ``group``; ``directory`` and ``extension`` of
                its files.
            layout: What the top folders are: ``classes``, ``splits`` or ``pooled``; None: told by names and content.
            on_parcel: Is told what will be sent.
            on_progress: Is told how much of it was sent.

        Raises:
            NothingToSend: there is no such file, or nothing in the folder.
        """
        shape = {"image_size": image_size, "color_mode": color_mode, "resize": resize, "background": background}
        options = given({**shape, "columns": columns, "layout": layout})
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        reference = reference_of(source) if isinstance(source, str) else source
        if isinstance(reference, BaseModel | Mapping):
            body = {**body_of(reference), **options}
            return self._ask(Dataset, "POST", "/v1/datasets", json=body, headers=headers)
        path = Path(source) if isinstance(source, str) else reference
        assert isinstance(path, Path)
        with parcel(path) as sent:
            on_parcel(sent)
            if os.fstat(sent.file.fileno()).st_size >= uploads.MIN_BYTES:
                sha256 = uploads.send_in_pieces(self._connection, sent, on_progress, self._patience)
                body = {"kind": "upload", "sha256": sha256, **options}
                return self._ask(Dataset, "POST", "/v1/datasets", json=body, headers=headers)
            file = Watched(sent.file, on_progress)
            response = self._connection.upload(
                "/v1/datasets", sent.name, file, _fields(options), headers=headers, patience=self._patience
            )
        return self._connection.read(Dataset, response)

    def dataset(self, dataset_id: str) -> Dataset:
        """A dataset with its state and, once it is ready, its facts."""
        return self._dataset(dataset_id, self._patience)

    def datasets(
        self,
        *,
        state: str | None = None,
        kind: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> DatasetList:
        """One page of datasets, newest first. *kind* is that of the reference."""
        query: dict[str, str | int] = given({"state": state, "kind": kind, "limit": limit, "cursor": cursor})
        return self._ask(DatasetList, "GET", "/v1/datasets", params=query)

    def wait_for_dataset(
        self,
        dataset_id: str,
        on_change: Callable[[Dataset], None] = lambda _: None,
        *,
        patience: float = WATCH_PATIENCE_SECONDS,
    ) -> Dataset:
        """The dataset as it is in the end, ready or failed. *on_change* is told how it is now and after each change.

        An absence of the service shorter than *patience* seconds only delays the next change.
        """
        seen, pause = self._dataset(dataset_id, self._patience), _FIRST_PAUSE_SECONDS
        on_change(seen)
        while not seen.is_terminal:
            time.sleep(pause)
            pause = min(2 * pause, _MAX_PAUSE_SECONDS)
            before, seen = seen, self._dataset(dataset_id, patience)
            if seen != before:
                on_change(seen)
        return seen

    def dataset_images(
        self,
        dataset_id: str,
        *,
        class_name: str | None = None,
        count: int | None = None,
        page: int | None = None,
        seed: int | None = None,
    ) -> bytes:
        """A page of stored images as a PNG, with their classes below them."""
        query: dict[str, str | int] = given({"class": class_name, "count": count, "page": page, "seed": seed})
        path = f"{_path(dataset_id)}/images"
        response = self._connection.request("GET", path, params=query, patience=self._patience)
        return self._connection.content(response)

    def delete_dataset(self, dataset_id: str) -> None:
        """Give a dataset up; refused while an unfinished job needs it."""
        self._connection.content(self._connection.request("DELETE", _path(dataset_id), patience=self._patience))

    def _dataset(self, dataset_id: str, patience: float) -> Dataset:
        return self._ask(Dataset, "GET", _path(dataset_id), patience=patience)


def _path(dataset_id: str) -> str:
    return f"/v1/datasets/{quote(dataset_id, safe='')}"


def _fields(options: Mapping[str, Any]) -> dict[str, str]:
    """The options as fields of a form."""
    size, background, columns = (options.get(name) for name in ("image_size", "background", "columns"))
    texts = {name: str(value) for name, value in options.items()}
    if size is not None:
        texts["image_size"] = "x".join(map(str, size))
    if background is not None and not isinstance(background, str):
        texts["background"] = ",".join(map(str, background))
    if columns is not None:
        texts["columns"] = json.dumps(dict(columns))
    return texts
