"""One round trip with what openapi-python-client makes of the document: ``round_trip.py ADDRESS KEY``.

It runs in the environment of the generator, beside the package that was generated, and says what it saw as JSON.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from typing import Any

from augury_client import AuthenticatedClient
from augury_client.api.datasets import add_dataset, get_dataset
from augury_client.api.jobs import get_job, list_jobs, list_trials, submit_job
from augury_client.api.lint import lint
from augury_client.models import (
    AddDatasetFilesBody,
    BuiltinReference,
    BuiltinReferenceName,
    Dataset,
    ImageDataGeneratorSpec,
    Job,
    JobList,
    LintRequest,
    LintResult,
    Problem,
    TrainingEvaluation,
    TrainingRequest,
    TrialList,
)
from augury_client.types import File


def round_trip(client: AuthenticatedClient) -> dict[str, Any]:
    """Ask each thing once, with the types that were generated; their names are part of what is tested."""
    linted = lint.sync(client=client, body=LintRequest(spec=ImageDataGeneratorSpec(rotation_range=90)))
    assert isinstance(linted, LintResult)
    request = TrainingRequest(
        kind="training",
        dataset=BuiltinReference(kind="builtin", name=BuiltinReferenceName.DIGITS),
        spec=ImageDataGeneratorSpec(horizontal_flip=True),
        evaluation=TrainingEvaluation(seeds=2),
    )
    submitted = submit_job.sync_detailed(client=client, body=request, idempotency_key="python")
    again = submit_job.sync_detailed(client=client, body=request, idempotency_key="python")
    accepted = submitted.parsed
    assert isinstance(accepted, Job)
    job = get_job.sync(accepted.id, client=client)
    assert isinstance(job, Job)
    trials = list_trials.sync(job.id, client=client)
    assert isinstance(trials, TrialList)
    listed = list_jobs.sync(client=client, limit=5)
    assert isinstance(listed, JobList)
    request.evaluation = TrainingEvaluation(seeds=1)
    refused = submit_job.sync_detailed(client=client, body=request)
    unknown = get_job.sync_detailed("job_0", client=client)
    assert isinstance(refused.parsed, Problem)
    assert isinstance(unknown.parsed, Problem)
    return {
        "findings": len(linted.findings),
        "statuses": [answer.status_code for answer in (submitted, again, refused, unknown)],
        "same": again.parsed == accepted,
        "state": job.state.value,
        "trials": len(trials.items),
        "jobs": [each.id for each in listed.items],
        "id": job.id,
        "faults": [fault.location for fault in refused.parsed.errors],
        "problem": unknown.parsed.type_,
        "uploaded": uploaded(client),
    }


def uploaded(client: AuthenticatedClient) -> str:
    """The state of a dataset that was sent as a file, and looked at again."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("a/1.png", "not a picture, as nobody reads it here")
    body.seek(0)
    file = File(payload=body, file_name="images.zip", mime_type="application/zip")
    dataset = add_dataset.sync(client=client, body=AddDatasetFilesBody(file=file, image_size="8x8"))
    assert isinstance(dataset, Dataset), dataset
    dataset = get_dataset.sync(dataset.id, client=client)
    assert isinstance(dataset, Dataset)
    return dataset.state.value


if __name__ == "__main__":
    with AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2], raise_on_unexpected_status=True) as service:
        sys.stdout.write(json.dumps(round_trip(service)))
