"""Plans and lists of jobs as tables for a terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from api_schemas.jobs import JobKind, JobList
from api_schemas.plans import Arm, AugmentationPlan, Plan
from api_schemas.training import backends
from augury.cli.render.progress import duration
from augury.memory import gigabytes
from augury.wording import count


def plain_table() -> Table:
    """An empty table in the style of them all: a line below the headings, and no other."""
    return Table(
        box=box.SIMPLE_HEAD,
        header_style="bold",
        caption_style="",
        pad_edge=False,
        show_edge=False,
        collapse_padding=True,
    )


def render_plan(plan: Plan | AugmentationPlan) -> RenderableType:
    """What a request amounts to."""
    return _PLANS[plan.kind](plan)


def _chunks(plan: AugmentationPlan) -> RenderableType:
    if plan.images is None:
        return Text(f"{plan.passes} passes over a dataset that is not known yet.")
    passes = f"{plan.passes} passes over {plan.source_images}"
    made = f"{plan.images} images ({passes}), made in {plan.chunks} chunks of up to {plan.images_per_chunk}."
    return Group(Text(made), *(Text(f"Note: {warning}") for warning in [*plan.warnings, *_absence(plan)]))


def _arms(plan: Plan) -> RenderableType:
    table = _table("arm", "role", "spec")
    for arm in plan.arms:
        table.add_row(Text(arm.name), arm.role, Text(_spec(arm)))
    known = plan.estimated_seconds is not None
    time = f"about {duration(plan.estimated_seconds or 0)}" if known else "unknown until trials like these have run"
    seeds = f"{len(plan.arms)} arms on {len(plan.seeds)} seeds"
    reusable = f", {plan.trials_reusable} of them already trained" if plan.trials_reusable else ""
    more = f" Up to {plan.trials_most} trials if verdicts stay undecided." if plan.trials_most > plan.trials else ""
    if plan.trials_if_longer:
        more += f" Up to {plan.trials_if_longer} more where arms still improve, however often their epochs are doubled."
    known_from = sorted({each.job_id for each in plan.earlier})
    shown = (
        f" Shown before, on some of these seeds, by {', '.join(known_from)}: see `augury extend`." if known_from else ""
    )
    trained = f" Each is trained for {plan.epochs_rule}." if plan.epochs_rule else ""
    trained += "" if plan.backend == backends.DEFAULT_BACKEND else f" {backends.NAMES[plan.backend]} computes them."
    scale = f" Scale of the baseline: {plan.baseline_rule}." if plan.baseline_rule else ""
    kept = ""
    if plan.held_out:
        kept = (
            f" {100 * plan.held_out:g}% of the images (of a split that the dataset brings, of those validated on) are "
            "kept from the search, to confirm the recommendation on."
        )
    due = sum(len(each.arms) * len(each.seeds) for each in plan.due)
    later = f", {due} of them once the verdicts are taken" if due else ""
    amount = Text(f"{plan.trials} trials ({seeds}){reusable}{later}.{trained} Time: {time}.{more}{shown}{scale}{kept}")
    notes = [*_conditions(plan), *_final_scores(plan), *_costs(plan), *_absence(plan)]
    return Group(table, amount, *(Text(f"Note: {sentence}.") for sentence in notes), *map(Text, plan.warnings))


def _conditions(plan: Plan) -> list[str]:
    """What judging models on other images amounts to, and what is left out of it."""
    if plan.conditions is None:
        return []
    conditions = count(len(plan.conditions.targets), "condition")
    judged = (
        f"{count(plan.conditions.models, 'model')} judged on other images, too: up to "
        f"{plan.conditions.images_per_model:,} images each, under {conditions}, without further training"
    )
    return [judged, *(f"{name} is left out: {reason}" for name, reason in plan.conditions.skipped.items())]


def _final_scores(plan: Plan) -> list[str]:
    """What is scored at the end, in sentences without their full stops."""
    scores = plan.final_scores
    if scores is None:
        return []
    models = count(scores.models, "model")
    return [f"dataset {scores.dataset} is scored at the end: {scores.images_per_model:,} images by up to {models}"]


_PARTS = {
    "responses": "of these trials, those of the responses",
    "conditions": "conditions",
    "final_scores": "the scores at the end",
}


def _costs(plan: Plan) -> list[str]:
    """What parts of the plan take, as far as it is known."""
    told = []
    for part, cost in plan.costs.items():
        memory = "" if cost.memory_bytes is None else f"{gigabytes(cost.memory_bytes)} of memory in a process"
        if part != "trials":
            known = cost.seconds is not None
            time = f"about {duration(cost.seconds or 0)}" if known else "a time that was not measured yet"
            told.append(f"{_PARTS[part]} take {time}" + (f", and {memory}" if memory else ""))
        elif memory:
            told.append(f"trials like these take up to {memory}")
    return told


def _absence(plan: Plan | AugmentationPlan) -> list[str]:
    return [plan.waiting_for] if plan.waiting_for else []


_PLANS: dict[JobKind, Callable[[Any], RenderableType]] = {
    JobKind.COMPARISON: _arms,
    JobKind.TRAINING: _arms,
    JobKind.AUGMENTATION: _chunks,
}
"""A kind's plans are of the type that its function takes, which the type checker cannot see."""


def render_jobs(jobs: JobList) -> RenderableType:
    """One line per job, newest first."""
    if not jobs.items:
        return Text("No jobs.")
    table = _table("job", "state", "created", "report", "labels")
    table.columns[0].no_wrap = True
    for job in jobs.items:
        labels = " ".join(f"{key}:{value}" for key, value in job.labels.items())
        created = job.created_at[:16].replace("T", " ")
        table.add_row(job.id, job.state, created, "yes" if job.has_report else "no", Text(labels))
    more = [Text("There are more; raise --limit to see them.")] if jobs.next_cursor else []
    return Group(table, *more)


def _spec(arm: Arm) -> str:
    settings: dict[str, Any] = arm.spec.model_dump(mode="json", exclude_defaults=True)
    return ", ".join(f"{name}={_value(value)}" for name, value in settings.items()) or "none"


def _value(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _table(*headings: str) -> Table:
    table = plain_table()
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
