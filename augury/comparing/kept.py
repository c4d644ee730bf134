"""What trials leave behind, in a folder under their content addresses: a later comparison trains no trial again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api_schemas.training.trials import TrialResult
from augury.evidence.probe_results import Probe
from augury.files import write_atomically
from augury.planning.trial_definition import TrialDefinition

if TYPE_CHECKING:
    from augury.training.trial import Trained

PREDICTIONS, SCORED = "predictions.npz", "scored.npz"
_MODEL, _PROBE, _RESULT = "model.keras", "probe.json", "result.json"


@dataclass(frozen=True)
class Kept:
    """A folder of trials."""

    folder: Path

    def path(self, key: str, name: str) -> Path:
        """Where a file of the trial with this address is."""
        return self.folder / key / name

    def result(self, key: str) -> TrialResult | None:
        """What the trial with this address measured; None where it was not trained."""
        try:
            return TrialResult.model_validate_json(self.path(key, _RESULT).read_text())
        except (FileNotFoundError, ValueError):
            return None

    def keep(self, definition: TrialDefinition, trained: Trained) -> None:
        """Keep what a trial gave; the result comes last, so that what has one is whole."""
        key = definition.key()
        files: dict[str, bytes | None] = {
            PREDICTIONS: trained.predictions,
            SCORED: trained.scored,
            _MODEL: trained.model,
        }
        for name, content in files.items():
            if content is not None:
                self._write(key, name, content)
        self._write(key, _RESULT, trained.result.model_dump_json())

    def model(self, definition: TrialDefinition) -> bytes:
        """The model that a trial left behind."""
        return self.path(definition.key(), _MODEL).read_bytes()

    def probe(self, definition: TrialDefinition) -> Probe | None:
        """What the trial's model was asked so far."""
        try:
            return Probe.model_validate_json(self.path(definition.key(), _PROBE).read_text())
        except (FileNotFoundError, ValueError):
            return None

    def keep_probe(self, definition: TrialDefinition, probe: Probe) -> None:
        """Keep what the trial's model was asked last."""
        self._write(definition.key(), _PROBE, probe.model_dump_json())

    def _write(self, key: str, name: str, content: bytes | str) -> None:
        write_atomically(self.path(key, name), content)
