"""Plans with what the trials in the database add to them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import TrialRequest
from api_schemas.plans import Plan
from augury.planning.comparison import trial_definitions
from store.rows import trials
from store.rows.questions import with_earlier_reports
from store.rows.tables import DatasetRow


def with_reuse_and_estimate(session: Session, request: TrialRequest, plan: Plan, dataset: DatasetRow) -> Plan:
    """The plan with what is known about its trials once the dataset is."""
    if dataset.digest is None:
        return plan
    facts = DatasetFacts.model_validate(dataset.facts)
    definitions = [each for *_, each in trial_definitions(request, plan, dataset.digest, facts)]
    keys = {definition.key() for definition in definitions}
    reusable = sum(trials.is_trained(session, key) for key in keys)
    repeated = len(definitions) - len(keys)
    mean = trials.mean_seconds(session, definitions[0].setting())
    due = len(keys) - reusable
    return with_earlier_reports(session, request, plan, dataset).model_copy(
        update={
            "trials_reusable": reusable + repeated,
            "estimated_seconds": None if mean is None else round(due * mean, 1),
        }
    )
