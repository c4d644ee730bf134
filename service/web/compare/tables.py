"""Candidates beside each other, as tables: their metrics, specs, classes and conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api_schemas.reports.evidence import ClassEffect, Flip
from api_schemas.reports.report import ArmReport
from api_schemas.training.metrics import metric_choice
from augury.reporting import formatting
from service.web.compare.chosen import Chosen

MAX_CLASSES = 40
_AS_DEFAULT = "default"
_FLIPS_OF_ONE = 5


@dataclass(frozen=True)
class Row:
    """A row of a table: what it is about, a value for each candidate, and whether these differ."""

    name: str
    values: list[str]
    differs: bool = False


def metrics(chosen: Sequence[Chosen]) -> list[Row]:
    """The mean of every metric that any of them reports, in percent or as a number, the deciding one first."""
    names = list(dict.fromkeys(name for each in chosen if each.arm for name in each.arm.metrics))
    rows = [Row(_titled(name), [_mean(each, name) for each in chosen]) for name in names]
    if not names:
        accuracies = [formatting.percent(each.arm.mean_validation_accuracy if each.arm else None) for each in chosen]
        rows.append(Row("accuracy", accuracies))
    rows.append(
        Row("time per trial", [formatting.seconds(each.arm.mean_seconds if each.arm else None) for each in chosen])
    )
    return rows


def _mean(chosen: Chosen, name: str) -> str:
    found = chosen.arm.metrics.get(name) if chosen.arm else None
    if found is None:
        return formatting.UNKNOWN
    return formatting.ratio(found.mean) if name == "log_loss" else formatting.percent(found.mean)


def _titled(name: str) -> str:
    return formatting.plain(metric_choice(name).title)


def specs(chosen: Sequence[Chosen]) -> list[Row]:
    """Every parameter that any of them sets, and those of their baselines."""
    own = [_set_by(each.arm) for each in chosen]
    rows = [_setting(name, own) for name in _names(own)]
    bases = [_set_by(each.baseline) for each in chosen]
    return rows + [_setting(name, bases, "baseline: ") for name in _names(bases)]


def _set_by(arm: ArmReport | None) -> dict[str, object]:
    return {} if arm is None else arm.spec.model_dump(mode="json", exclude_defaults=True)


def _names(settings: Sequence[dict[str, object]]) -> list[str]:
    return list(dict.fromkeys(name for each in settings for name in each))


def _setting(name: str, settings: Sequence[dict[str, object]], of: str = "") -> Row:
    values = [formatting.value(each[name]) if name in each else _AS_DEFAULT for each in settings]  # type: ignore[arg-type]
    return Row(f"{of}{name}", values, len(set(values)) > 1)


@dataclass(frozen=True)
class Classes:
    """Accuracy by class, each against the candidate's own baseline; *more* classes are not shown."""

    rows: list[Row]
    more: int


def classes(chosen: Sequence[Chosen]) -> Classes | None:
    """Those that change most for any of them; None where none was asked about."""
    effects = [_effects(each) for each in chosen]
    names = list(dict.fromkeys(name for each in effects for name in each))
    if not names:
        return None
    largest = sorted(names, key=lambda name: -max(_size(each.get(name)) for each in effects))[:MAX_CLASSES]
    rows = [Row(formatting.plain(name), [_class(each.get(name)) for each in effects]) for name in largest]
    return Classes(rows, len(names) - len(rows))


def _effects(chosen: Chosen) -> dict[str, ClassEffect]:
    why = chosen.candidate.why
    return {} if why is None else {each.class_name: each for each in why.classes}


def _size(effect: ClassEffect | None) -> float:
    return abs(effect.difference or 0.0) if effect else 0.0


def _class(effect: ClassEffect | None) -> str:
    if effect is None:
        return formatting.UNKNOWN
    mark = " *" if effect.significant else ""
    return f"{formatting.percent(effect.candidate_accuracy)} ({formatting.points(effect.difference)}{mark})"


def conditions(chosen: Sequence[Chosen]) -> list[Row]:
    """Accuracy under every condition that any of them was judged under, with the difference to its own baseline."""
    of_each = []
    for each in chosen:
        report = each.report.conditions
        own = next((it for it in report.candidates if it.name == each.candidate.name), None) if report else None
        of_each.append({effect.condition: effect for effect in own.effects} if own else {})
    rows = []
    for name in dict.fromkeys(name for effects in of_each for name in effects):
        found = [effects.get(name) for effects in of_each]
        values = [
            formatting.UNKNOWN
            if effect is None
            else f"{formatting.percent(effect.accuracy)} ({formatting.difference(effect.difference)})"
            for effect in found
        ]
        rows.append(Row(formatting.plain(name), values))
    return rows


def flips(chosen: Chosen) -> list[Flip]:
    """The confusions that grew most for a candidate."""
    return [] if chosen.candidate.why is None else chosen.candidate.why.flips[:_FLIPS_OF_ONE]
