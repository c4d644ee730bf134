"""A comparison of augmentations as a task of Prefect 3: copy this file next to your flows.

The worker takes the service's address and key from ``AUGURY_URL`` and ``AUGURY_API_KEY``, and needs ``augury[client]``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prefect import flow, get_run_logger, runtime, task
from prefect.cache_policies import NO_CACHE

from api_schemas.jobs import Job, JobState
from augury import Client
from augury.publishing.summary import summary_of


class UnwantedVerdict(Exception):  # noqa: N818 - named for what happened
    """A candidate has a verdict that the flow is to stop at."""


def _is_worth_another_try(_task: Any, _run: Any, state: Any) -> bool:
    """The same question has the same answer; anything else may have been the network."""
    return not isinstance(state.result(raise_on_failure=False), UnwantedVerdict)


@task(retries=2, retry_delay_seconds=30, retry_condition_fn=_is_worth_another_try, cache_policy=NO_CACHE)
def compare_augmentations(
    request: Mapping[str, Any], *, url: str | None = None, fail_on: Sequence[str] = ()
) -> dict[str, Any]:
    """Have Augury compare augmentations, wait for the report, and return what it came to.

    However often the task is tried, there is one job: its idempotency key is the task run. Only one that failed or was
    cancelled is followed by another. A flow that is stopped cancels its job.

    Args:
        request: a comparison as JSON.
        url: of the service; by default ``AUGURY_URL``.
        fail_on: verdicts, such as ``hurts``, that fail the task where any candidate has them.
    """
    with Client(url) as client:
        job = _watched(client, _submitted(client, request))
        if job.state is not JobState.SUCCEEDED:
            raise RuntimeError(f"{job.id} {job.state}: {job.error.message if job.error else 'by a person'}")
        summary = summary_of(client.report(job.id))
    unwanted = [f"{name} {verdict}" for name, verdict in summary["verdicts"].items() if verdict in fail_on]
    if unwanted:
        raise UnwantedVerdict(f"{job.id}: {', '.join(unwanted)}")
    return summary


def _submitted(client: Client, request: Mapping[str, Any]) -> str:
    for number in range(1, runtime.task_run.run_count + 1):
        job_id = client.submit(request, idempotency_key=f"prefect/{runtime.task_run.id}/{number}").id
        if client.job(job_id).state not in (JobState.FAILED, JobState.CANCELLED):
            break
    return job_id


def _watched(client: Client, job_id: str) -> Job:
    """The job as it ended; dropped where the flow is stopped, but not where it only lost sight of the service."""
    log = get_run_logger()
    try:
        for job in client.watch(job_id):
            log.info("%s is %s: %s, %.0f%%", job.id, job.state, job.phase, 100 * job.progress.fraction)
    except Exception:
        raise
    except BaseException:  # Ctrl-C, or Prefect ending the process
        client.cancel(job_id)
        raise
    return job


@flow(log_prints=True)
def augmentation_check(request: dict[str, Any], fail_on: list[str] | None = None) -> dict[str, Any]:
    """A flow of that task alone."""
    summary = compare_augmentations(request, fail_on=fail_on or [])
    print("\n".join(summary["sentences"]))
    return summary
