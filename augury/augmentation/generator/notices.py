"""What ``ImageDataGenerator`` warns of, in the cases in which Keras does."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

_OVERRIDES = (
    ("zca_whitening", "featurewise_center", True),
    ("zca_whitening", "featurewise_std_normalization", False),
    ("featurewise_std_normalization", "featurewise_center", True),
    ("samplewise_std_normalization", "samplewise_center", True),
)
"""Parameter that is on, the other that it needs to be so, and how."""


def settled(given: dict[str, object]) -> dict[str, object]:
    """The normalisations that follow from those *given*, with a warning for each that is not as given."""
    result = dict(given)
    for name, other, needed in _OVERRIDES:
        if given[name] and bool(given[other]) != needed:
            result[other] = needed
            warnings.warn(
                f"This ImageDataGenerator specifies `{name}`, which overrides setting of `{other}`: now {needed}.",
                stacklevel=4,
            )
    return result


def warn_of_missing_fit(names: Iterable[str]) -> None:
    """Say of parameters that they do nothing yet."""
    for name in names:
        warnings.warn(
            f"This ImageDataGenerator specifies `{name}`, but it hasn't been fit on any training data. Fit it first by "
            "calling `.fit(numpy_data)`; until then this normalisation is left out.",
            stacklevel=4,
        )


_DEPRECATED = {
    "has_ext": "the filenames in the table have to match those on disk exactly",
    "sort": "batches come in the order of the table if `shuffle` is False",
    "drop_duplicates": "drop them from the table beforehand",
}


def warn_of_deprecated(names: Iterable[str], class_mode: str | None) -> None:
    """Say of arguments of ``flow_from_dataframe`` that they have no effect, or another name."""
    for name in names:
        if name in _DEPRECATED:
            warnings.warn(f"{name} is deprecated: {_DEPRECATED[name]}.", DeprecationWarning, stacklevel=4)
    if class_mode == "other":
        warnings.warn('`class_mode="other"` is deprecated, please use "raw".', DeprecationWarning, stacklevel=4)
