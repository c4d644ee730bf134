"""How arms are compared: seeds, splits, and what counts as a difference."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from api_schemas.base import RequestModel
from api_schemas.training.conditions import Conditions, OtherDataset
from api_schemas.training.metrics import DEFAULT_METRIC, MAX_METRIC_LENGTH, METRICS, metric_choice


class SeedRange(RequestModel):
    """Rounds of seeds until every verdict is settled, or there were enough."""

    min: int = Field(ge=2, le=50, description="Every arm gets so many, then the evidence is looked at.")
    max: int = Field(ge=2, le=50, description="An undecided arm gets no more than so many.")

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.max < self.min:
            raise PydanticCustomError("seed_range", f"max is {self.max}, expected {self.min} (min) or more")
        return self


DEFAULT_SEEDS = SeedRange(min=5, max=10)
"""Of a comparison: one look at five seeds, which settles what is plain, and one at ten for what is not."""
DEFAULT_TRAINING_SEEDS = 3
"""Of a training, which has no verdict to settle."""


def _form_of_seeds(value: Any) -> str:
    return "range" if isinstance(value, dict | SeedRange) else "count"


Seeds = Annotated[
    Annotated[int, Field(ge=2, le=50), Tag("count")] | Annotated[SeedRange, Tag("range")], Discriminator(_form_of_seeds)
]


def _require_deciding(name: str) -> str:
    reason = metric_choice(name).traits.why_not_deciding
    if reason is not None:
        raise PydanticCustomError(
            "metric", "it is reported of every arm and decides nothing: {reason}", {"reason": reason}
        )
    return name


Metric = Annotated[str, Field(max_length=MAX_METRIC_LENGTH), AfterValidator(_require_deciding)]


def _form_of_test(value: Any) -> str:
    return "dataset" if isinstance(value, dict | OtherDataset) else "split"


def _require_test_images(value: Any) -> Any:
    if value in ("split", None) or isinstance(value, dict | OtherDataset):
        return value
    raise PydanticCustomError("test_images", 'expected "split", or an object with the id of another "dataset"')


TestImages = Annotated[
    Annotated[Literal["split"], Tag("split")] | Annotated[OtherDataset, Tag("dataset")],
    Discriminator(_form_of_test),
    BeforeValidator(_require_test_images),
]


class EvaluationSettings(RequestModel):
    """How arms are compared. Every seed draws its own stratified split, initial weights and batch order."""

    seeds: Seeds = Field(
        DEFAULT_SEEDS,
        description="Trials per arm; differences between arms are paired by seed. A number, or {min, max}: rounds of "
        "seeds for those candidates only whose verdict is not settled, with the error over all looks kept.",
        examples=[{"min": 5, "max": 10}, 5],
    )
    first_seed: int = Field(0, ge=0, le=2**31 - 1, description="Seeds are first_seed, first_seed + 1, ...")
    splits: Literal["auto", "random"] = Field(
        "auto",
        description="auto: the dataset's own train and validation (or test) splits where it has them. random: every "
        "seed draws its own split from all images.",
    )
    validation_fraction: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.2, description="Of all images, where splits are drawn; with groups, to within the largest of them."
    )
    training_images: int | None = Field(
        None, ge=2, le=10**9, description="Train on this many images only, drawn per seed; null: on all that remain."
    )
    confidence: float = Field(0.95, ge=0.5, lt=1, description="Simultaneous over the candidates.")
    metric: Metric = Field(
        DEFAULT_METRIC,
        description="What decides the verdicts: accuracy, balanced_accuracy, macro_f1, recall:CLASS, precision:CLASS, "
        "roc_auc (macro, one class against the rest) or roc_auc:CLASS, log_loss, top_k:N. Every arm reports all.",
        examples=["balanced_accuracy", "recall:melanoma"],
    )
    test: TestImages | None = Field(
        None,
        description="What is scored once, at the end, for the baseline, the best candidate and the recommendation, and "
        "decides nothing. split: the dataset's own test split, untouched beside train and validation. "
        '{"dataset": "ds_…"}: all images of another dataset that is ready, with the same classes, image size and '
        "values.",
        examples=["split", {"dataset": "ds_0123456789abcdef0123456789abcdef"}],
    )
    practical_effect: float = Field(
        0.5,
        ge=0,
        le=100,
        description="Points of the metric: percentage points, or hundredths of a nat of log_loss. Smaller differences "
        "do not matter to you. Default: 0.5; 1 for recall, precision and log_loss.",
    )
    conditions: Conditions = Field(
        [],
        description="Of a comparison: other images on which the models are judged as well, without further training. "
        "Changed validation images by name, another dataset of the same classes by its id, or all for every change at "
        "every strength; see docs/conditions.md.",
        examples=["all", ["dimmed", {"name": "noisy", "strengths": [1, 3]}]],
    )

    @model_validator(mode="before")
    @classmethod
    def _effect_is_the_metrics(cls, value: Any) -> Any:
        """Without a practical effect, it is the one that is usual of the metric."""
        if not isinstance(value, dict) or "practical_effect" in value or not isinstance(value.get("metric"), str):
            return value
        traits = METRICS.get(value["metric"].partition(":")[0])
        return value if traits is None else {**value, "practical_effect": traits.practical_effect}

    @property
    def tests_on_split(self) -> bool:
        """Whether the dataset's own test split is scored at the end."""
        return self.test == "split"

    @property
    def test_dataset(self) -> str | None:
        """The id of the other dataset that is scored at the end; None where that is another thing, or nothing."""
        return self.test.dataset if isinstance(self.test, OtherDataset) else None

    @property
    def min_seeds(self) -> int:
        """How many seeds every arm gets."""
        return self.seeds if isinstance(self.seeds, int) else self.seeds.min

    @property
    def max_seeds(self) -> int:
        """How many seeds an arm gets if its verdict stays undecided."""
        return self.seeds if isinstance(self.seeds, int) else self.seeds.max


class TrainingEvaluation(EvaluationSettings):
    """How many models a training makes, and on which images each is trained and judged."""

    seeds: Seeds = Field(
        DEFAULT_TRAINING_SEEDS, description="Models that are trained, each with a split, weights and order of its own."
    )


def require_of_a_training(evaluation: EvaluationSettings) -> None:
    """Let settings pass that mean something where nothing is compared.

    Raises:
        PydanticCustomError: one of them does not.
    """
    if not isinstance(evaluation.seeds, int):
        raise PydanticCustomError("job_rule", "evaluation.seeds: a training job takes a number of seeds, no range")
    if evaluation.conditions:
        raise PydanticCustomError("job_rule", "evaluation.conditions: a training job has no baseline to compare with")
