"""The guide to comparisons shows what the service accepts."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pydantic import TypeAdapter

from api_schemas.jobs import JobRequest
from api_schemas.training.models import APPLICATIONS, ModelSpec

GUIDE = (Path(__file__).parents[3] / "docs" / "comparisons.md").read_text()


def test_the_request_in_the_guide_is_accepted() -> None:
    """As it stands."""
    (request,) = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)
    TypeAdapter(JobRequest).validate_python(json.loads(request))


def test_the_models_in_the_guide_exist() -> None:
    """Every built-in one is named, and every name works."""
    named = set(re.findall(r'"name": "([\w/]+)"', GUIDE)) - {"turned"}
    for name in named:
        ModelSpec.model_validate({"name": name})
    assert {"linear", "small_cnn", "resnet8", "wide_resnet_16_2"} <= named
    assert named & set(APPLICATIONS)
