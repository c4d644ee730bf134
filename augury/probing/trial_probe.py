"""The probe of one trial of the baseline: its model, its split, and the candidates."""

from __future__ import annotations

from collections.abc import Mapping

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.datasets.snapshot import Snapshot
from augury.evidence.probe_results import CandidateProbe, Probe
from augury.monitor import WorkMonitor
from augury.planning.trial_definition import TrialDefinition
from augury.probing.forward import classifier, model_from
from augury.probing.probe import run_probe
from augury.training.optimisation.inner_split import trial_split


def probe_trial(
    definition: TrialDefinition,
    model: bytes,
    snapshot: Snapshot,
    candidates: Mapping[str, ImageDataGeneratorSpec],
    monitor: WorkMonitor,
    known: Mapping[str, CandidateProbe] | None = None,
) -> Probe:
    """Ask the model that a trial left behind about the candidates, on the trial's own validation images.

    What it is *known* to have answered before is not asked again, see ``run_probe``.
    """
    split, _ = trial_split(definition, snapshot)
    return run_probe(
        classifier(model_from(model)),
        definition.spec,
        candidates,
        snapshot.images,
        snapshot.labels,
        validation_indices=split.validation,
        training_indices=split.training,
        class_count=len(snapshot.class_names),
        seed=definition.seed,
        monitor=monitor,
        known=known,
    )
