"""What a request amounts to: the arms and seeds of a comparison, the chunks of an augmentation."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.base import Body
from api_schemas.jobs import JobKind
from api_schemas.lint import Finding
from api_schemas.recommendations import RecommendedSpec
from api_schemas.training.backends import DEFAULT_BACKEND, Backend
from api_schemas.training.conditions import ConditionsPlan

BASELINE = "baseline"
"""The name of the arm that all candidates are compared with."""


class ArmRole(StrEnum):
    """What an arm is there for."""

    BASELINE = "baseline"
    PREPROCESSING = "preprocessing"
    CANDIDATE = "candidate"
    ATTRIBUTION = "attribution"
    RECOMMENDED = "recommended"
    BUDGET = "budget"
    DATA = "data"
    PILOT = "pilot"
    EARLIER = "earlier"


class Arm(Body):
    """One spec that is trained on every seed."""

    name: str
    role: ArmRole
    spec: ImageDataGeneratorSpec
    variant_of: str | None = Field(
        None,
        description="Roles budget, data and earlier: the arm that it is but for its epochs or images.",
    )
    epochs: int | None = Field(
        None,
        description="Roles budget, pilot and earlier: its epochs, in place of the plan's. earlier: what was trained "
        "before the plan's epochs became twice as many. Role data: those of so few images, with epochs 'by_size'.",
    )
    training_share: float | None = Field(
        None, description="Role data: the share of the training images that it is trained on."
    )


class CandidatePlan(Body):
    """Which arms a candidate is held against."""

    name: str
    arm: str
    preprocessing_arm: str = Field(
        description="The arm with this candidate's preprocessing and no augmentation; 'baseline' where it is the same."
    )


class Round(Body):
    """Seeds on which some arms are trained; the evidence is looked at when all of them are over."""

    purpose: Literal["comparison", "confirmation", "response", "pilot"] = Field(
        "comparison",
        description="confirmation: of the recommended spec, on seeds that no decision has seen. response: arms with "
        "other budgets or on shares of the images, which explain verdicts and make none. pilot: of the baseline, to "
        "find a number of epochs.",
    )
    arms: list[str]
    seeds: list[int]
    validated_on: str | None = Field(
        None,
        description="What its trials are judged on, where it is not what the comparison's are: a split of the dataset, "
        "or 'held_out', the images that were kept for it.",
    )


class EarlierReport(Body):
    """A report of the same question, on some of the same seeds: what it has shown counts as a look at the evidence."""

    job_id: str
    candidate: str = Field(description="As this job calls it; the spec and all else that it depends on are the same.")
    seeds: list[int] = Field(description="On which that report compares it with the baseline.")
    looks: list[int] = Field(description="How many of these seeds it had at each of its looks.")
    reserve: float = Field(description="The share of the error that its plan kept for further looks.")
    further: int = Field(description="Looks that it paid for from its reserve.")


class PlanCost(Body):
    """What a part of a plan takes, as far as such work was measured."""

    seconds: float | None = Field(description="Of workers, as estimated_seconds. Null where nothing like it was timed.")
    memory_bytes: int | None = Field(
        description="The most that a process held in RAM over such work. Null where none was measured."
    )


class FinalScoresPlan(Body):
    """What scoring another dataset at the end amounts to."""

    dataset: str = Field(description="Its id.")
    images_per_model: int
    models: int = Field(description="Of the baseline, the best candidate and the recommendation, at most.")
    images: int = Field(description="That all of them are shown at most; by inference alone, nothing is trained.")


class Plan(Body):
    """What a comparison, or a training, amounts to."""

    kind: Literal[JobKind.COMPARISON, JobKind.TRAINING] = JobKind.COMPARISON
    arms: list[Arm]
    candidates: list[CandidatePlan]
    baseline_rule: str | None = Field(
        None, description="In a sentence: where the baseline's scale comes from, with the values that decided."
    )
    seeds: list[int] = Field(description="Of the first round.")
    rounds: list[Round] = Field([], description="Later rounds are added as the evidence calls for them.")
    due: list[Round] = Field(
        [],
        description="Rounds that are certain to come once the verdicts are taken: of budget and data responses.",
    )
    trials: int = Field(description="Of all rounds so far and of those that are due, before reuse.")
    epochs: int | None = Field(
        None,
        description="Of every trial whose arm says nothing else; null while training.epochs 'auto' has not found it, "
        "while 'by_size' waits for the dataset to be read, and in plans of earlier versions.",
    )
    epochs_rule: str | None = Field(
        None,
        description="In a sentence: what the epochs are in steps of the optimizer, and where their number comes from. "
        "Null with 'auto', and before the dataset was read.",
    )
    backend: Backend = Field(DEFAULT_BACKEND, description="What computes the models, as in training.backend.")
    trial_epochs: int | None = Field(
        None,
        description="Epochs of all these trials together, or the most that they may be while it is not known how "
        "many; null in plans of earlier versions.",
    )
    trials_most: int = Field(0, description="If every verdict stays undecided to the last round.")
    trials_if_longer: int = Field(
        0,
        description="With epochs 'auto': so many more at most, where arms still improve however often their number "
        "of epochs is doubled. They are trained as far as the operator's limits for one job allow.",
    )
    trials_reusable: int = Field(0, description="Already trained for an earlier job.")
    estimated_seconds: float | None = Field(
        None,
        description="Worker seconds for the trials not yet trained, from the measured time of finished trials of this "
        "dataset, model and training, by epochs and images where such trials have been timed with others of these "
        "alone, or from what one that runs expects; divide by the number of workers. Null when none has been timed.",
    )
    costs: dict[Literal["trials", "responses", "conditions", "final_scores"], PlanCost] = Field(
        {},
        description="Of its parts. trials: all of them; responses: those of budgets and shares among these; conditions "
        "and final_scores: showing images to the models, by the measured rate of earlier models of this network on "
        "this dataset.",
    )
    findings: dict[str, list[Finding]] = Field({}, description="What the linter says, by candidate; see /v1/lint.")
    recommendation: RecommendedSpec | None = Field(None, description="Once the evidence for it is there.")
    reserve: float = Field(
        0.0, description="The share of the error that is kept for extensions, which each spend half of what is left."
    )
    waiting_for: str | None = Field(
        None, description="Where no worker of the kind that it takes was seen lately: a sentence that says so."
    )
    held_out: float | None = Field(
        None,
        description="The share of the images that no trial of the search sees, kept to confirm the recommendation on; "
        "of a dataset with its own splits, the share of those validated on. Null: nothing, as the dataset's own test "
        "images confirm, or nothing is recommended.",
    )
    conditions: ConditionsPlan | None = Field(
        None, description="What judging the models on other images amounts to; null where that is not asked for."
    )
    final_scores: FinalScoresPlan | None = Field(
        None, description="What evaluation.test on another dataset amounts to; null where that is not asked for."
    )
    extensions: list[int] = Field([], description="Seeds per undecided arm at each look that was added afterwards.")
    warnings: list[str] = Field([], description="What a person should know before it is trained, in sentences.")
    earlier: list[EarlierReport] = Field(
        [], description="Reports of the same question that are there already: other looks are paid for as extensions."
    )


class AugmentationPlan(Body):
    """What an augmentation amounts to; null where the dataset is not ingested yet."""

    kind: Literal[JobKind.AUGMENTATION] = JobKind.AUGMENTATION
    passes: int = Field(description="Rounds, and one more for the originals where they are asked for.")
    source_images: int | None = Field(description="Of the dataset, in the splits that are augmented.")
    splits: list[str] | None = Field(
        None, description="The splits that are augmented; null where the dataset has none: everything is."
    )
    left_out: dict[str, int] = Field({}, description="Images of the dataset that are not augmented, by split.")
    warnings: list[str] = Field([], description="What a person should know of what is left out, in sentences.")
    layout: Literal[1, 2] = Field(
        1, description="2: splits, source files and portable names in the archive; 1: jobs of earlier versions."
    )
    waiting_for: str | None = Field(
        None, description="Where no worker of the kind that it takes was seen lately: a sentence that says so."
    )
    images: int | None = Field(description="In the archive: source images times passes.")
    images_per_chunk: int | None = Field(description="A chunk is what a lost worker costs at most.")
    chunks: int | None = Field(description="Chunks of images; one more unit of work puts the archive together.")
    findings: dict[str, list[Finding]] = Field({}, description="What the linter says about the spec; see /v1/lint.")
