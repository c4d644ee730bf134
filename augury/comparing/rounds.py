"""A comparison from its plan to its analysis, round by round, as a service's planner does it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from api_schemas.base import timestamp
from api_schemas.failures import Failure, FailureClass
from api_schemas.jobs import ComparisonRequest
from api_schemas.plans import BASELINE, Plan
from api_schemas.reports.final_scores import FinalScores
from api_schemas.training.trials import Trial, TrialState
from augury.comparing.crew import Crew, Task
from augury.comparing.kept import PREDICTIONS, SCORED, Kept
from augury.datasets.local_reading import LocalDataset
from augury.evidence.analysis import Analysis, analyse
from augury.evidence.arm_results import ArmRecord
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.final_scores.arms import scored_arms
from augury.evidence.final_scores.report import final_scores
from augury.evidence.metrics.table import all_metrics, metric_of
from augury.evidence.next_round import Extension, MoreEpochs, next_round
from augury.evidence.probe_results import Probe
from augury.evidence.stored.predictions import PredictionsReader
from augury.planning import automatic_epochs
from augury.planning.comparison import plan_comparison, trial_definitions, with_round
from augury.planning.trial_definition import TrialDefinition

_PROBED_SEEDS = 5
"""As in a service."""

Said = Callable[[str, int, int, float], None]
"""Told what is done, how many are done, how many there are, and to how many what is under way amounts."""
Slot = tuple[str, int]


@dataclass
class Rounds:
    """One comparison under way.

    Attributes:
        request: what is compared.
        dataset: on what.
        kept: what was trained before, and where what is trained now is kept.
        crew: who trains.
        sheets: an empty folder for contact sheets, by the number of the candidate.
        said: hears of progress.
    """

    request: ComparisonRequest
    dataset: LocalDataset
    kept: Kept
    crew: Crew
    sheets: Path
    said: Said
    _trained: set[str] = field(default_factory=set)
    _failures: dict[str, str] = field(default_factory=dict)
    _probes: dict[str, Probe] = field(default_factory=dict)

    def carried_out(self) -> Analysis:
        """Train what the evidence calls for, and ask why; the analysis of all of it."""
        plan = plan_comparison(self.request, self.dataset.facts)
        while True:
            definitions = self._definitions(plan)
            self._train(definitions)
            analysis = analyse(self._results(plan, definitions, self._ask(plan, definitions)))
            following = next_round(analysis)
            if following is None:
                return analysis
            plan = _continued(plan, following)

    def scores(self, analysis: Analysis) -> FinalScores | None:
        """What the arms that matter gave for the test split, where that was asked for."""
        results, arms = analysis.results, scored_arms(analysis.results, analysis)
        specs = {arm.name: arm.spec for arm in results.plan.arms}
        files = {(trial.arm, trial.seed): self._name(trial.key, SCORED) for trial in results.trials}
        records = {
            arm.name: ArmRecord(arm.name, specs[arm.name], self._reader().scored(results.trials, arm.name, files))
            for arm in arms
        }
        return final_scores(results, arms, records)

    def _definitions(self, plan: Plan) -> dict[Slot, TrialDefinition]:
        now = plan.model_copy(update={"due": []})
        found = trial_definitions(self.request, now, self.dataset.digest, self.dataset.facts)
        return {(arm.name, seed): definition for arm, seed, definition in found}

    def _train(self, definitions: Mapping[Slot, TrialDefinition]) -> None:
        """Have what is not there yet trained; of what could not be it is known why."""
        missing = {
            key: definition
            for key, definition in ((each.key(), each) for each in definitions.values())
            if key not in self._failures and self.kept.result(key) is None
        }
        tasks = [self._task("train", definition) for definition in missing.values()]
        refused = self._carry_out("training", tasks)
        keys = list(missing)
        self._failures |= {keys[number]: reason for number, reason in refused.items()}
        self._trained |= set(keys)

    def _ask(self, plan: Plan, definitions: Mapping[Slot, TrialDefinition]) -> list[Probe]:
        """What models of the baseline say of the candidates; each is asked once."""
        arms = {arm.name: arm.spec.model_dump(mode="json", exclude_unset=True) for arm in plan.arms}
        candidates = {candidate.name: arms[candidate.arm] for candidate in plan.candidates}
        asked = [definitions[slot] for seed in plan.seeds[:_PROBED_SEEDS] if (slot := (BASELINE, seed)) in definitions]
        trained = [each for each in asked if self.kept.result(each.key()) is not None]
        due = [each for each in trained if each.key() not in self._probes]
        tasks = [
            self._task("probe", each)
            | {"candidates": candidates, "sheets": None if self._probes or number else str(self.sheets)}
            for number, each in enumerate(due)
        ]
        refused = self._carry_out("asking why", tasks)
        assert not refused, "models that were trained can be asked"
        self._probes |= {each.key(): probe for each in due if (probe := self.kept.probe(each)) is not None}
        return [self._probes[each.key()] for each in trained]

    def _results(
        self, plan: Plan, definitions: Mapping[Slot, TrialDefinition], probes: list[Probe]
    ) -> ComparisonResults:
        trials = [self._trial(slot, definition) for slot, definition in definitions.items()]
        reader = self._reader()
        keys = {trial.id: trial.key for trial in trials}
        records = {
            arm.name: ArmRecord(
                arm.name,
                arm.spec,
                reader.records(trials, arm.name, lambda trial_id: self._name(keys[trial_id], PREDICTIONS)),
            )
            for arm in plan.arms
        }
        return ComparisonResults(
            job_id="local",
            request=self.request,
            plan=plan,
            digest=self.dataset.digest,
            facts=self.dataset.facts,
            trials=trials,
            records=records,
            probes=probes,
            stopped=False,
            groups=self.dataset.snapshot.groups,
        )

    def _trial(self, slot: Slot, definition: TrialDefinition) -> Trial:
        key, now = definition.key(), timestamp(time.time())
        result, reason = self.kept.result(key), self._failures.get(key)
        return Trial(
            id=f"trial_{key[:32]}",
            arm=slot[0],
            seed=slot[1],
            state=TrialState.FAILED if result is None else TrialState.SUCCEEDED,
            is_terminal=True,
            reused=key not in self._trained,
            attempts=1,
            epoch=definition.training.epochs,
            epochs=definition.training.epochs,
            key=key,
            spec=definition.spec.model_dump(mode="json", exclude_unset=True),
            result=result,
            error=None if reason is None else Failure.of(FailureClass.USER_INPUT, reason),
            created_at=now,
            started_at=now,
            finished_at=now,
        )

    def _reader(self) -> PredictionsReader:
        names = list(self.dataset.facts.classes)
        metric = metric_of(self.request.evaluation.metric, names)
        return PredictionsReader(
            lambda name: (self.kept.folder / name).read_bytes(), all_metrics(metric, names), len(names)
        )

    def _name(self, key: str, name: str) -> str:
        return str(self.kept.path(key, name).relative_to(self.kept.folder))

    def _task(self, do: str, definition: TrialDefinition) -> Task:
        return {
            "do": do,
            "definition": definition.model_dump(mode="json"),
            "snapshot": str(self.dataset.folder),
            "kept": str(self.kept.folder),
        }

    def _carry_out(self, what: str, tasks: list[Task]) -> dict[int, str]:
        if not tasks:
            return {}
        under_way: dict[int, float] = {}
        done: list[int] = []

        def heard(task: Task, progress: Mapping[str, int]) -> None:
            number = id(task)
            if progress:
                under_way[number] = progress.get("epoch", 0) / max(1, progress.get("epochs", 1))
            else:
                done.append(number)
                under_way.pop(number, None)
            self.said(what, len(done), len(tasks), sum(list(under_way.values())))

        self.said(what, 0, len(tasks), 0.0)
        return self.crew.carry_out(tasks, heard)


def _continued(plan: Plan, following: Extension | MoreEpochs) -> Plan:
    """The plan with what the evidence calls for next; as a service's planner goes on."""
    if isinstance(following, Extension):
        if following.recommendation is not None:
            plan = plan.model_copy(update={"recommendation": following.recommendation})
        return with_round(plan, following.round, *following.arms)
    if plan.epochs is None:
        found = automatic_epochs.with_epochs_found(plan, following.epochs)
        return with_round(found, found.due[0])
    return automatic_epochs.with_longer_round(plan, following.epochs)
