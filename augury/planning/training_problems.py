"""Why arms cannot be trained as asked, said before anything is trained, from the dataset's facts alone."""

from __future__ import annotations

from collections.abc import Callable

from api_schemas.base import nearest_name
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.training.models import ModelSpec
from api_schemas.training.schedules import ConstantRate, CosineRate, StepRate
from api_schemas.training.settings import TrainingOptions


def training_problem(training: TrainingOptions, facts: DatasetFacts) -> str | None:
    """Why a dataset with these facts cannot be trained on as asked, said to a person; None if it can."""
    if not isinstance(training.class_weight, dict):
        return None
    unknown = sorted(set(training.class_weight) - set(facts.classes))
    if not unknown:
        return None
    meant = nearest_name(unknown[0], list(facts.classes))
    hint = f"; did you mean {meant!r}?" if meant else ""
    return f"class_weight names class {unknown[0]!r}, which the dataset does not have{hint}"


def training_warnings(training: TrainingOptions) -> list[str]:
    """What makes a training say less than it could, in sentences."""
    return [sentence for applies, sentence in _ADVICE if applies(training)]


def feature_views_note(model: ModelSpec) -> str | None:
    """What arms that augment see of an augmentation whose views are kept; None where every epoch has its own."""
    views = model.feature_views
    if views is None:
        return None
    of_each = "one augmented view" if views == 1 else f"{views} augmented views"
    return (
        f"Where the model's lower part is frozen, arms that augment see {of_each} of each image, over and over "
        "(feature_views), and not another one in every epoch: what is said of an augmentation holds for so much of it."
    )


_ADVICE: tuple[tuple[Callable[[TrainingOptions], bool], str], ...] = (
    (
        lambda each: isinstance(each.schedule, ConstantRate) and not each.average_last and each.early_stopping is None,
        "With a constant learning rate the last epoch's weights are still moving, which is noise in every difference: "
        "training.schedule 'cosine' mostly needs fewer seeds for the same verdict.",
    ),
    (
        lambda each: isinstance(each.schedule, CosineRate | StepRate) and each.early_stopping is not None,
        "A training that early_stopping ends does not come to the low learning rates at the end of its schedule: "
        "'plateau' lowers the rate when the inner loss has stopped falling, whenever that is.",
    ),
)
"""Of settings that can be meant, and mostly are not."""
