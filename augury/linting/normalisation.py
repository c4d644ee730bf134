"""Rules about the scale and type of what the model sees."""

from __future__ import annotations

from api_schemas.lint import Severity
from augury.linting.case import Case, Hit, Rule
from augury.value_scale import Values

LARGE_VALUES = 2.0
UNIT = (0.1, 10.0)
FUNCTIONS_TAKE = 255
"""Full scale of what every preprocessing function is made for."""


def _is_standardised(case: Case) -> bool:
    spec = case.spec
    return spec.samplewise_std_normalization or spec.featurewise_std_normalization or spec.zca_whitening


def _function_range(case: Case) -> Hit | None:
    function, facts, handed = case.spec.preprocessing_function, case.facts, case.handed
    if function is None or facts is None or handed is None:
        return None
    values = Values.of(facts)
    if values.full_scale == FUNCTIONS_TAKE:
        return None
    numbers = {
        "function": function, "low": values.low, "high": values.high, "seen_low": handed.low, "seen_high": handed.high,
    }  # fmt: skip
    rescale = None if values.full_scale == 1 else 1 / values.full_scale
    return Hit(numbers, {"preprocessing_function": None, "rescale": rescale})


def _no_rescale(case: Case) -> Hit | None:
    handed = case.handed
    if handed is None or case.spec.rescale or _is_standardised(case) or _function_range(case):
        return None
    full = handed.full_scale
    if handed.deciding <= LARGE_VALUES or full == 1:
        return None
    return Hit({"low": handed.low, "high": handed.high, "full": full}, {"rescale": 1 / full})


def _rescale_twice(case: Case) -> Hit | None:
    rescale, handed, function = abs(case.spec.rescale or 0), case.handed, case.spec.preprocessing_function
    if handed is None or not 0 < rescale < 0.1 or not handed.deciding:
        return None
    if handed.deciding > LARGE_VALUES and handed.full_scale != 1:
        return None
    reach = f"preprocessing_function {function} brings your values" if function else "Your values reach"
    numbers = {
        "reach": f"{reach} to {handed.low:.3g} to {handed.high:.3g}" if function else f"{reach} {handed.deciding:g}",
        "rescale": case.spec.rescale,
        "after": handed.deciding * rescale,
    }
    return Hit(numbers, {"rescale": None})


def _rescale_off_scale(case: Case) -> Hit | None:
    rescale, handed = abs(case.spec.rescale or 0), case.handed
    if handed is None or not rescale or _is_standardised(case) or _rescale_twice(case) or not handed.deciding:
        return None
    after = handed.deciding * rescale
    if UNIT[0] <= after <= UNIT[1]:
        return None
    full = handed.full_scale
    to_one = 1 / full
    numbers = {"rescale": case.spec.rescale, "after": after, "to_one": to_one}
    return Hit(numbers, {"rescale": None if full == 1 else to_one})


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
        trigger="values beyond 2 after the `preprocessing_function`, no `rescale` and nothing that divides by a "
        "deviation; values around zero may reach 10",
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
        parameters=("rescale", "preprocessing_function"),
        trigger="`rescale` below 0.1 on values that are within 2 already, or are brought there by the "
        "`preprocessing_function`",
        why="The images were scaled before, and now hardly differ from 0.",
        message="{reach} already; rescale={rescale:.3g} leaves values of at most {after:.2g}.",
        remedy="Leave rescale out.",
        check=_rescale_twice,
        reference="Keras 3.15, standardize",
    ),
    Rule(
        id="rescale-off-scale",
        severity=Severity.WARNING,
        parameters=("rescale",),
        trigger="`rescale` that leaves the largest value below 0.1 or above 10, without division by a deviation",
        why="Models are initialised for inputs of about 1.",
        message="With rescale={rescale:.3g} the largest value is {after:.3g}, far from 1.",
        remedy="Set rescale to {to_one:.4g}.",
        check=_rescale_off_scale,
        reference="Keras 3.15, standardize",
    ),
    Rule(
        id="preprocessing-function-range",
        severity=Severity.WARNING,
        parameters=("preprocessing_function",),
        trigger="`preprocessing_function`, and values whose full scale is not 255",
        why="What keras.applications calls preprocess_input is arithmetic on 0-255.",
        message="{function} is made for values of 0 to 255, and yours lie from {low:g} to {high:g}: it hands on "
        "values from {seen_low:.3g} to {seen_high:.3g}.",
        remedy="Leave preprocessing_function out and bring the values to 0-1 by rescale, or store the images as 0-255.",
        check=_function_range,
        reference="keras.applications, preprocess_input",
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
