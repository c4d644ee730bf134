"""``python -m augury.comparing.worker``: a process that trains and asks models, told by lines of JSON.

Processes of their own train with the settings that a service's have, so that the same trials give the same numbers, and
leave alone what the process that asked has made of TensorFlow.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.comparing.kept import Kept
from augury.datasets.snapshot import Snapshot, open_snapshot_folder
from augury.planning.trial_definition import TrialDefinition
from augury.training.errors import UserInputError
from augury.training.warmup import warm_up


class _Telling:
    """Hears of progress, and tells the process that asked."""

    def __init__(self, say: Any) -> None:
        self._say = say

    def report_progress(self, **progress: Any) -> None:
        """Tell how far it is."""
        self._say({"progress": {name: progress[name] for name in ("epoch", "epochs") if name in progress}})

    def raise_if_cancelled(self) -> None:
        """Whoever asked ends this process when it is over."""


def main() -> int:
    """Answer one task after the other, until there are no more."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints must not stand among the answers

    def say(message: dict[str, Any]) -> None:
        answers.write(json.dumps(message) + "\n")

    warm_up(threads=1)
    for line in sys.stdin:
        task = json.loads(line)
        try:
            _TASKS[task["do"]](task, open_snapshot_folder(Path(task["snapshot"])), _Telling(say))
            say({"done": True})
        except UserInputError as error:
            say({"error": str(error)})
    return 0


def _train(task: dict[str, Any], snapshot: Snapshot, monitor: _Telling) -> None:
    from augury.training.trial import train_trial  # imports Keras, which must find the settings made by warm_up

    definition = TrialDefinition.model_validate(task["definition"])
    Kept(Path(task["kept"])).keep(definition, train_trial(definition, snapshot, monitor))


def _probe(task: dict[str, Any], snapshot: Snapshot, monitor: _Telling) -> None:
    from augury.probing.sheets import sheet_of
    from augury.probing.trial_probe import probe_trial

    definition = TrialDefinition.model_validate(task["definition"])
    kept = Kept(Path(task["kept"]))
    candidates = {name: ImageDataGeneratorSpec.model_validate(spec) for name, spec in task["candidates"].items()}
    known = kept.probe(definition)
    answered = {} if known is None else {each.asked: each for each in known.candidates.values() if each.asked}
    kept.keep_probe(
        definition, probe_trial(definition, kept.model(definition), snapshot, candidates, monitor, answered)
    )
    if task["sheets"] is not None:
        for number, spec in enumerate(candidates.values()):
            (Path(task["sheets"]) / f"{number}.png").write_bytes(sheet_of(spec, snapshot))


_TASKS = {"train": _train, "probe": _probe}


if __name__ == "__main__":
    sys.exit(main())
