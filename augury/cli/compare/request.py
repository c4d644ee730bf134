"""What was typed after `augury compare`, as the request that it means."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from augury.cli.compare.flags import TOGETHER, all_of, flagged
from augury.cli.options import parse_object, read_request

_MODEL_ID = re.compile(r"model_[0-9a-f]{32}")
_RULES = ("auto", "by_size")
_FORM = "NAME=SPEC.json or NAME='{\"zoom_range\": 0.2}'"
_WEIGHTS = (".keras", ".h5", ".safetensors")


@dataclass(frozen=True)
class Asked:
    """What is asked for beside the dataset and the candidates; None where the service's default is taken."""

    model: str | None = None
    metric: str | None = None
    epochs: str | None = None
    seeds: str | None = None
    baseline: str | None = None
    recommend: bool = True

    def request(self, dataset: Mapping[str, Any], candidates: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """The body of a comparison.

        Raises:
            typer.BadParameter: an option is not what it should be.
        """
        parts: dict[str, Any] = {
            "model": model_of(self.model),
            "training": _given({"epochs": epochs_of(self.epochs)}),
            "evaluation": _given({"metric": self.metric, "seeds": seeds_of(self.seeds)}),
            "baseline": None if self.baseline is None else {"spec": spec_of("--baseline", self.baseline)},
        }
        return {
            "kind": "comparison",
            "dataset": dict(dataset),
            "candidates": [{"name": name, "spec": dict(spec)} for name, spec in candidates.items()],
            **{name: part for name, part in parts.items() if part},
            **({"recommend": True} if self.recommend else {}),
        }


def candidates_of(
    flags: Mapping[str, Any], named: Sequence[str], *, together: bool = False
) -> dict[str, dict[str, Any]]:
    """All candidates that were asked for, by name; none where nothing was said.

    Raises:
        typer.BadParameter: one is not what it should be, or two have one name.
    """
    found = flagged(flags)
    if together:
        found[TOGETHER] = all_of(found)
    for text in named:
        name, separator, spec = text.partition("=")
        if not separator or not name:
            raise typer.BadParameter(
                f"--candidate: got {text}, expected NAME=SPEC.json or NAME='{{\"zoom_range\": 0.2}}'"
            )
        if name in found:
            raise typer.BadParameter(f"--candidate: there are two candidates of the name {name}")
        found[name] = spec_of("--candidate", spec)
    return found


def spec_of(option: str, text: str) -> dict[str, Any]:
    """The spec that is JSON, or in a file, alone or below ``spec``.

    Raises:
        typer.BadParameter: there is none.
    """
    content = _object(option, text)
    spec = content.get("spec", content)
    if not isinstance(spec, dict):
        raise typer.BadParameter(f"{option}: {text}: a spec is a JSON object")
    return spec


def model_of(text: str | None) -> dict[str, Any] | None:
    """The ``model`` of a request: by name, by id, or by JSON or a file of it, such as Keras's ``to_json()`` writes.

    Raises:
        typer.BadParameter: it is a file of weights, which have to be registered first, or no JSON.
    """
    if text is None:
        return None
    if _MODEL_ID.fullmatch(text):
        return {"id": text}
    if text.endswith(_WEIGHTS):
        raise typer.BadParameter(f"--model: `augury models add {text}` registers it; then give the id that it prints")
    if not text.lstrip().startswith("{") and not text.endswith(".json"):
        return {"name": text}
    content = _object("--model", text)
    return {"config": content} if "class_name" in content else content


def epochs_of(text: str | None) -> int | str | None:
    """A number, or the name of a rule.

    Raises:
        typer.BadParameter: it is neither.
    """
    if text is None or text in _RULES:
        return text
    if not text.isdecimal():
        raise typer.BadParameter(f"--epochs: got {text}, expected a number or one of {', '.join(_RULES)}")
    return int(text)


def seeds_of(text: str | None) -> int | dict[str, int] | None:
    """``5``, or ``5-10`` for more where a verdict is not settled.

    Raises:
        typer.BadParameter: it is neither.
    """
    if text is None:
        return None
    numbers = text.split("-")
    if len(numbers) > 2 or not all(number.isdecimal() for number in numbers):
        raise typer.BadParameter(f"--seeds: got {text}, expected a number such as 5, or a range such as 5-10")
    return int(numbers[0]) if len(numbers) == 1 else {"min": int(numbers[0]), "max": int(numbers[1])}


def _object(option: str, text: str) -> dict[str, Any]:
    if text.lstrip().startswith("{"):
        return parse_object(text, option)
    if not Path(text).is_file():
        raise typer.BadParameter(f"{option}: there is no file {text}, and it is no JSON object")
    return read_request(text)


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
