"""A report as runs of MLflow: written once, completed where an attempt broke off, up to date where the job went on.

What is there is found by tags, and a run says by a tag of its own, written last, that it is complete. The times of all
values follow from the report, so that MLflow knows a value that comes a second time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api_schemas.reports.report import Report
from augury.publishing.mlflow_client import connected, of_our_own, page_of_run
from augury.publishing.mlflow_dataset import dataset_fields
from augury.publishing.runs import JobContent, RunContent, contents_of
from augury.wording import shortened

DEFAULT_EXPERIMENT = "augury"
MAX_A_REQUEST = {"metrics": 800, "params": 100, "tags": 100}
MAX_TAG_LENGTH, MAX_PARAM_LENGTH = 5000, 500
"""What servers of all versions take."""
_REPORT, _WRITTEN = "augury.report", "augury.written"
_ARM = "augury.arm"
_PARENT, _NOTE = "mlflow.parentRunId", "mlflow.note.content"
_OF_TRAININGS = {"mlflow.experimentKind": "custom_model_development"}
"""Of an experiment that we make: what it is for, which MLflow's pages would guess from its runs."""
_SOURCE = {"mlflow.source.name": "augury", "mlflow.source.type": "JOB"}


@dataclass(frozen=True)
class Published:
    """What there is now.

    Attributes:
        run_id: of the job's run.
        page: where people see it, if the server has pages; without credentials.
        written: how many runs were made, completed or brought up to date; 0 where everything was there.
        left: how many were there already.
        arms_left_out: arms of the report that have no run of their own.
    """

    run_id: str
    page: str | None
    written: int
    left: int
    arms_left_out: int


def publish_runs(
    report: Report,
    *,
    files: Mapping[str, str],
    project: str | None = None,
    tracking_uri: str | None = None,
    experiment: str = DEFAULT_EXPERIMENT,
) -> Published:
    """Have MLflow keep a report: a run for the job, and below it one for each of at most a hundred arms.

    Args:
        report: of a comparison or a training.
        files: artifacts of the job's run by name, as text.
        project: whose job it is; it is among what the runs are found by.
        tracking_uri: of the server; by default ``MLFLOW_TRACKING_URI``.
        experiment: by name; it is made where there is none.

    Raises:
        NotInstalled: the MLflow client is missing.
        NothingToPublish: no server was named.
        PublishingFailed: the server did not take it.
    """
    content = contents_of(report)
    with of_our_own():
        client = connected(tracking_uri)
        writer = _Writer(client, _experiment_id(client, experiment), content, report, project)
        run_id = writer.write_all(files)
        page = page_of_run(client.tracking_uri, writer.experiment_id, run_id)
    return Published(run_id, page, writer.written, writer.left, content.arms_left_out)


def _experiment_id(client: Any, name: str) -> str:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name, tags=_OF_TRAININGS))
        except MlflowException:  # as somebody else has just made it
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    return str(found.experiment_id)


class _Writer:
    """Writes the runs of one report into one experiment."""

    def __init__(
        self, client: Any, experiment_id: str, content: JobContent, report: Report, project: str | None
    ) -> None:
        self.client, self.experiment_id, self.content, self.report = client, experiment_id, content, report
        self.written, self.left = 0, 0
        self._identity = {"augury.job_id": content.job_id} | ({} if project is None else {"augury.project": project})
        self._at = round(datetime.fromisoformat(report.created_at).timestamp() * 1000)

    def write_all(self, files: Mapping[str, str]) -> str:
        """Write what is missing of all of them; the id of the job's run, which is complete only after the others."""
        there = self._runs_there()
        arms = [run for run in there if _ARM in run.data.tags]
        job = self._one_of([run for run in there if _ARM not in run.data.tags])  # perhaps below one of theirs
        kept = None if job is None else job.info.run_id
        for stray in [run for run in arms if run.data.tags.get(_PARENT) != kept]:
            self.client.delete_run(stray.info.run_id)  # the run that it was below is gone
        if job is not None and _is_written(job, self.content.digest):
            self.left = 1 + len(self.content.arms)
            return str(job.info.run_id)
        job = job or self._made(self.content.job, {})
        job_id = str(job.info.run_id)
        below = [run for run in arms if run.data.tags.get(_PARENT) == job_id]
        for number, arm in enumerate(self.content.arms, start=1):
            self._write_arm(arm, [run for run in below if run.data.tags[_ARM] == arm.key], job_id, number)
        for name, text in files.items():
            self.client.log_text(job_id, text, name)
        self._fill(job, self.content.job)
        return job_id

    def _runs_there(self) -> list[Any]:
        """All runs of the job in the experiment, its arms' among them."""
        conditions = " and ".join(f"tags.`{name}` = '{_quoted(value)}'" for name, value in self._identity.items())
        found: list[Any] = []
        token = None
        while True:
            page = self.client.search_runs([self.experiment_id], conditions, page_token=token)
            found += page
            token = page.token
            if not token:
                return found

    def _one_of(self, runs: Sequence[Any]) -> Any:
        """The run that stays, if there is any: two that were made in the same moment become one again."""
        if not runs:
            return None
        kept, *others = sorted(runs, key=lambda run: (not _is_written(run, self.content.digest), run.info.run_id))
        for other in others:
            self.client.delete_run(other.info.run_id)
        return kept

    def _write_arm(self, arm: RunContent, runs: Sequence[Any], job_id: str, number: int) -> None:
        run = self._one_of(runs)
        if run is not None and _is_written(run, self.content.digest):
            self.left += 1
            return
        if run is not None and run.data.tags.get(_REPORT) != self.content.digest:
            self.client.delete_run(run.info.run_id)  # its curves were means over fewer seeds; it goes to MLflow's bin
            run = None
        self._fill(run or self._made(arm, {_PARENT: job_id, _ARM: arm.key}, number), arm)

    def _made(self, content: RunContent, tags: Mapping[str, str], number: int = 0) -> Any:
        # Lists show what began last first: a millisecond keeps the arms in the report's order.
        own = {**self._identity, _REPORT: self.content.digest, **tags}
        return self.client.create_run(self.experiment_id, start_time=self._at - number, tags=own, run_name=content.name)

    def _fill(self, run: Any, content: RunContent) -> None:
        """Write all of a run, and at last that it is complete."""
        from mlflow.entities import Metric, Param, RunTag

        run_id = run.info.run_id
        tags = {**_SOURCE, **content.tags, **({_NOTE: content.note} if content.note else {})}
        params = {name: value for name, value in content.params.items() if name not in run.data.params}
        self._log(
            run_id,
            tags=[RunTag(name, shortened(text, MAX_TAG_LENGTH)) for name, text in tags.items()],
            params=[Param(name, shortened(text, MAX_PARAM_LENGTH)) for name, text in params.items()],
            metrics=[Metric(each.name, each.value, self._at, each.step) for each in content.values],
        )
        self._note_dataset(run)
        self.client.set_terminated(run_id, "FINISHED", end_time=self._at + round(content.seconds * 1000))
        self._log(run_id, tags=[RunTag(name, self.content.digest) for name in (_REPORT, _WRITTEN)])
        self.written += 1

    def _log(self, run_id: str, **entities: Sequence[Any]) -> None:
        """Send values and words in as few requests as they fit into."""
        largest = {kind: MAX_A_REQUEST[kind] for kind in entities}
        requests = max(-(-len(entities[kind]) // size) for kind, size in largest.items())
        for number in range(requests):
            parts = {kind: entities[kind][number * size : (number + 1) * size] for kind, size in largest.items()}
            self.client.log_batch(run_id, **parts)

    def _note_dataset(self, run: Any) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag

        if run.inputs is None or not run.inputs.dataset_inputs:
            dataset = Dataset(**dataset_fields(self.report))
            self.client.log_inputs(
                run.info.run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])]
            )


def _is_written(run: Any, digest: str) -> bool:
    return bool(run.data.tags.get(_WRITTEN) == digest)


def _quoted(text: str) -> str:
    """For a filter, whose quotes cannot be escaped: ids and names of projects have none."""
    return text.replace("'", "")
