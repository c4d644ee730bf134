"""The probes of a comparison: one baseline model is asked about every candidate, by inference alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.plans import BASELINE, Arm, Plan
from augury.evidence.probe_results import CandidateProbe, Probe
from augury.planning.trial_definition import TrialDefinition
from store.files.names import model_name, sheet_name
from store.files.snapshots import load_snapshot
from store.rows import chunks, trials
from store.rows.tables import ChunkRow, JobRow
from workers.context import Context
from workers.leasing.heartbeat import LeaseKeeper
from workers.units.asked_model import trained_trial

_MAX_EARLIER = 4
"""Probes of other jobs that are looked at: one usually differs from the next in a candidate or two."""


@dataclass(frozen=True)
class Details:
    """The baseline's trial on one seed, and whom to ask it about."""

    job_id: str
    trial_id: str
    definition: dict[str, Any]
    """As it is stored."""
    candidates: dict[str, ImageDataGeneratorSpec]
    earlier: Sequence[dict[str, Any]]
    """Probes of the same trial for other jobs, as they are stored, the latest first."""
    draws_sheets: bool
    """One probe of a job makes the contact sheets as well, as the images are at hand."""


def read(session: Session, row: ChunkRow) -> Details:
    """What a probe needs to know."""
    job = session.get_one(JobRow, row.job_id)
    plan = Plan.model_validate(job.plan)
    trial = trained_trial(session, job, BASELINE, row.number)
    arms: dict[str, Arm] = {arm.name: arm for arm in plan.arms}
    specs = {candidate.name: arms[candidate.arm].spec for candidate in plan.candidates}
    return Details(
        job_id=job.id,
        trial_id=trial.id,
        definition=trials.definition_of(session, trial),
        candidates=specs,
        earlier=chunks.probes_of_trial(session, trial.id, _MAX_EARLIER),
        draws_sheets=row.number == plan.seeds[0],
    )


def probe(context: Context, details: Details, keeper: LeaseKeeper) -> dict[str, Any]:
    """Ask the model what it was not asked before, for another job with the same baseline."""
    from augury.probing.sheets import sheet_of  # these import TensorFlow and the engine, as only pool processes may
    from augury.probing.trial_probe import probe_trial

    definition = TrialDefinition.model_validate(details.definition)
    snapshot = load_snapshot(context.artifacts, definition.dataset)
    if details.draws_sheets:
        for name, spec in details.candidates.items():
            context.artifacts.write(sheet_name(details.job_id, name), sheet_of(spec, snapshot))
    model = context.artifacts.read(model_name(details.trial_id))
    known = _known(details.earlier)
    return probe_trial(definition, model, snapshot, details.candidates, keeper, known).model_dump(mode="json")


def _known(earlier: Sequence[dict[str, Any]]) -> dict[str, CandidateProbe]:
    """What was answered before, by what was asked. An earlier version did not note that."""
    answers = (each for stored in earlier for each in Probe.model_validate(stored).candidates.values())
    return {each.asked: each for each in answers if each.asked is not None}
