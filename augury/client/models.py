"""The client's part about models: send one with its weights, see what became of it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel

from api_schemas.models.model import Model, ModelList
from augury.client.base import WATCH_PATIENCE_SECONDS, Calls, body_of, given
from augury.client.datasets import Source
from augury.client.packing import OnProgress, Watched
from augury.client.references import reference_of
from augury.errors import NothingToSend

_FIRST_PAUSE_SECONDS, _MAX_PAUSE_SECONDS = 0.1, 2.0


class ModelClient(Calls):
    """Registered models of one Augury service. For what methods raise see `augury.Client`."""

    def add_model(
        self,
        source: Source,
        *,
        architecture: Mapping[str, Any] | None = None,
        on_progress: OnProgress = lambda _sent, _total: None,
    ) -> Model:
        """Have a model checked and stored; the model as it is then, which may still be ``queued``.

        Parameters:
            source: A local .keras, .weights.h5 or .safetensors file, or a reference as for datasets.
            architecture: Of a file of weights alone: ``name``, ``input_shape`` and ``classes``.
            on_progress: Is told how much of a file was sent.

        Raises:
            NothingToSend: there is no such file.
        """
        options: dict[str, Any] = given({"architecture": architecture})
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        reference = reference_of(source) if isinstance(source, str) else source
        if isinstance(reference, BaseModel | Mapping):
            body = {**body_of(reference), **options}
            return self._ask(Model, "POST", "/v1/models", json=body, headers=headers)
        path = Path(source) if isinstance(source, str) else reference
        assert isinstance(path, Path)
        if not path.is_file():
            raise NothingToSend(f"there is no file {path}")
        fields = {name: json.dumps(value) for name, value in options.items()}
        with path.open("rb") as file:
            response = self._connection.upload(
                "/v1/models", path.name, Watched(file, on_progress), fields, headers=headers, patience=self._patience
            )
        return self._connection.read(Model, response)

    def model(self, model_id: str) -> Model:
        """A model with its state and, once it is ready, its layers."""
        return self._model(model_id, self._patience)

    def models(self, *, state: str | None = None, limit: int | None = None, cursor: str | None = None) -> ModelList:
        """One page of models, newest first, without their layers."""
        query: dict[str, str | int] = given({"state": state, "limit": limit, "cursor": cursor})
        return self._ask(ModelList, "GET", "/v1/models", params=query)

    def wait_for_model(
        self,
        model_id: str,
        on_change: Callable[[Model], None] = lambda _: None,
        *,
        patience: float = WATCH_PATIENCE_SECONDS,
    ) -> Model:
        """The model as it is in the end, ready or failed. *on_change* is told how it is now and after each change.

        An absence of the service shorter than *patience* seconds only delays the next change.
        """
        seen, pause = self._model(model_id, self._patience), _FIRST_PAUSE_SECONDS
        on_change(seen)
        while not seen.is_terminal:
            time.sleep(pause)
            pause = min(2 * pause, _MAX_PAUSE_SECONDS)
            before, seen = seen, self._model(model_id, patience)
            if seen != before:
                on_change(seen)
        return seen

    def delete_model(self, model_id: str) -> None:
        """Give a model up; refused while an unfinished job needs it."""
        self._connection.content(self._connection.request("DELETE", _path(model_id), patience=self._patience))

    def _model(self, model_id: str, patience: float) -> Model:
        return self._ask(Model, "GET", _path(model_id), patience=patience)


def _path(model_id: str) -> str:
    return f"/v1/models/{quote(model_id, safe='')}"
