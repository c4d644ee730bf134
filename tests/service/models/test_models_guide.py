"""The guide to models shows what the service accepts, and names every rule that a file can break."""

from __future__ import annotations

import json
import re
from pathlib import Path

from api_schemas.training.models import ModelSpec
from augury.training.model_reading.keras_files import KERAS_FILES, is_keras_file
from augury.training.model_reading.published import Table

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "models.md").read_text()
SHOWN = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)]


def test_the_models_in_the_guide_are_accepted() -> None:
    """As they stand, with an id in the place of the dots."""
    models = [each["model"] for each in SHOWN if "model" in each]
    assert len(models) >= 3
    for model in models:
        ModelSpec.model_validate(model | ({"id": "model_" + "0" * 32} if "id" in model else {}))


def test_the_tables_in_the_guide_are_such() -> None:
    """As operators write them: of a file of their own, and of one that Keras publishes."""
    name = "applications/ResNet50"
    files = [Table.model_validate(each).root[name]["imagenet"].file for each in SHOWN if "model" not in each]
    assert [is_keras_file(name, file) for file in files] == [False, True]


def test_the_guide_says_where_keras_has_each_file() -> None:
    """The table that operators take paths from is the one that workers do."""
    assert dict(re.findall(r"\| `(applications/\w+)` \| `(\S+)` \|", GUIDE)) == KERAS_FILES


def test_every_rule_of_a_model_file_is_explained() -> None:
    """What the code raises is in the guide, and nothing else is."""
    code = "".join(path.read_text() for path in (ROOT / "augury" / "training").rglob("*.py"))
    code += (ROOT / "augury" / "datasets" / "reference_rules.py").read_text()
    raised = set(re.findall(r'"((?:model|weights)\.[a-z0-9_]+)"', code)) - {"weights.json", "weights.h5"}
    told = set(re.findall(r"`((?:model|weights)\.[a-z0-9_]+)`", GUIDE))
    assert raised == told - {"weights.json", "model.save", "model.save_weights"}
