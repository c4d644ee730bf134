"""The guide to comparisons shows what the service accepts."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pydantic import TypeAdapter

from api_schemas.jobs import JobRequest
from api_schemas.training.models import APPLICATIONS, ModelSpec
from api_schemas.training.settings import TrainingSettings

GUIDE = (Path(__file__).parents[3] / "docs" / "comparisons.md").read_text()


def test_the_requests_in_the_guide_are_accepted() -> None:
    """The first as it stands, and it with each of the parts that are shown later."""
    request, *parts = (json.loads(shown) for shown in re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL))
    for part in ({}, *parts):
        TypeAdapter(JobRequest).validate_python(request | part)


MODELS = GUIDE.partition("## Which model")[2].partition("\n## ")[0]
TRAINING = GUIDE.partition("## How it is trained")[2].partition("\n## ")[0].partition("|---|")[2]


def test_the_models_in_the_guide_exist() -> None:
    """Every built-in one is named, and every name works."""
    named = set(re.findall(r'"name": "([\w/]+)"', MODELS))
    for name in named:
        ModelSpec.model_validate({"name": name})
    assert {"linear", "small_cnn", "resnet8", "wide_resnet_16_2"} <= named
    assert named & set(APPLICATIONS)


def test_the_guide_names_every_option_of_a_training_with_its_default() -> None:
    """And the schedules and losses that it shows are accepted."""
    rows = dict(re.findall(r"^\| ((?:`\w+`,? ?)+) \| ([^|]*) \|", TRAINING, re.MULTILINE))
    named = {name for row in rows for name in re.findall(r"\w+", row)}
    assert named == set(TrainingSettings.model_fields) - {"momentum", "nesterov"}
    said = TrainingSettings().model_dump(mode="json")
    assert rows["`learning_rate`"] == str(said["learning_rate"])
    assert rows["`schedule`"] == f"`{said['schedule']['name']}`"
    for shown in re.findall(r'`(\{"name": [^`]*\})`', TRAINING):
        field = "loss" if "focal" in shown else "schedule"
        TrainingSettings.model_validate({field: json.loads(shown)})
