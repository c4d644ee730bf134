"""Rules about the scale and type of what the model sees."""

from __future__ import annotations

from api_schemas.lint import Severity
from augury.linting.case import Case, Hit, Rule

LARGE_VALUES = 2.0
UNIT = (0.1, 20.0)


def _largest(case: Case) -> float:
    return max(abs(case.pixels.low), abs(case.pixels.high))


def _is_standardised(case: Case) -> bool:
    spec = case.spec
    return spec.samplewise_std_normalization or spec.featurewise_std_normalization or spec.zca_whitening


def _no_rescale(case: Case) -> Hit | None:
    if case.facts is None or case.spec.rescale or _is_standardised(case) or _largest(case) <= LARGE_VALUES:
        return None
    full = {"uint8": 255, "uint16": 65_535}.get(case.facts.dtype, _largest(case))
    return Hit({"low": case.pixels.low, "high": case.pixels.high, "full": full}, {"rescale": 1 / full})


def _rescale_twice(case: Case) -> Hit | None:
    rescale = case.spec.rescale or 0
    if case.facts is None or not 0 < abs(rescale) < 0.1 or not 0 < _largest(case) <= LARGE_VALUES:
        return None
    return Hit(
        {"rescale": rescale, "high": case.pixels.high, "after": _largest(case) * abs(rescale)}, {"rescale": None}
    )


def _rescale_off_scale(case: Case) -> Hit | None:
    rescale = case.spec.rescale or 0
    if case.facts is None or not rescale or _is_standardised(case) or _rescale_twice(case) or not _largest(case):
        return None
    after = _largest(case) * abs(rescale)
    if UNIT[0] <= after <= UNIT[1]:
        return None
    return Hit({"rescale": rescale, "after": after, "to_one": 1 / _largest(case)}, {"rescale": 1 / _largest(case)})


def _rescale_negative(case: Case) -> Hit | None:
    rescale = case.spec.rescale or 0
    return Hit({"rescale": rescale}, {"rescale": -rescale}) if rescale < 0 else None


def _rescale_zero(case: Case) -> Hit | None:
    return Hit(changes={"rescale": None}) if case.spec.rescale == 0 else None


def _dtype(case: Case) -> Hit | None:
    dtype = case.spec.dtype
    if dtype not in ("float16", "float64"):
        return None
    what = "half the memory, and steps of 0.06 to 0.12 near 255" if dtype == "float16" else "twice the memory"
    return Hit({"dtype": dtype, "what": what}, {"dtype": None})


RULES = (
    Rule(
        id="no-rescale",
        severity=Severity.WARNING,
        parameters=("rescale",),
        trigger="values beyond 2, no `rescale` and nothing that divides by a deviation",
        why="The model sees raw values, so compared with a rescaled baseline the scale is a difference of its own.",
        message="There is no rescale: the model sees values from {low:g} to {high:g}, and the effect of that scale "
        "mixes with the augmentation's.",
        remedy="Set rescale to 1/{full:g}, for validation images too.",
        check=_no_rescale,
        reference="keras-team/keras#2622",
    ),
    Rule(
        id="rescale-twice",
        severity=Severity.ERROR,
        parameters=("rescale",),
        trigger="`rescale` below 0.1 on values that are within 2 already",
        why="The images were scaled before, and now hardly differ from 0.",
        message="Your values reach {high:g} already; rescale={rescale:.3g} leaves values of at most {after:.2g}.",
        remedy="Leave rescale out.",
        check=_rescale_twice,
        reference="Keras 3.15, standardize",
    ),
    Rule(
        id="rescale-off-scale",
        severity=Severity.WARNING,
        parameters=("rescale",),
        trigger="`rescale` that leaves the largest value below 0.1 or above 20, without division by a deviation",
        why="Models are initialised for inputs of about 1.",
        message="With rescale={rescale:.3g} the largest value is {after:.3g}, far from 1.",
        remedy="Set rescale to {to_one:.4g}.",
        check=_rescale_off_scale,
        reference="Keras 3.15, standardize",
    ),
    Rule(
        id="rescale-negative",
        severity=Severity.WARNING,
        parameters=("rescale",),
        trigger="`rescale` below 0",
        why="Light becomes dark.",
        message="rescale={rescale:.3g} turns every image into its negative.",
        remedy="Leave out the sign.",
        check=_rescale_negative,
    ),
    Rule(
        id="rescale-zero",
        severity=Severity.INFO,
        parameters=("rescale",),
        trigger="`rescale` of 0",
        why="Keras takes 0 for none, not for a factor.",
        message="rescale=0 means no rescaling.",
        remedy="Leave it out.",
        check=_rescale_zero,
        reference="Keras 3.15, standardize",
    ),
    Rule(
        id="dtype-unusual",
        severity=Severity.INFO,
        parameters=("dtype",),
        trigger="`dtype` float16 or float64",
        why="Models train in float32 unless told otherwise.",
        message="dtype {dtype} takes {what}; the model converts the batch to its own type anyway.",
        remedy="Leave it out.",
        check=_dtype,
        reference="keras-team/keras#2131",
    ),
)
