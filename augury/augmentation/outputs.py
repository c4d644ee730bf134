"""The type that a pipeline gives its batches in, and the array that they are written to."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation.kernels.conversions import BFLOAT16, FLOAT16, UINT8
from augury.augmentation.reuse import Reused
from augury.errors import NotInstalled

Array = npt.NDArray[Any]
OutputType = Literal["float32", "float16", "bfloat16", "uint8"]

_CONVERSIONS: dict[OutputType, int | None] = {
    "float32": None,
    "float16": FLOAT16,
    "bfloat16": BFLOAT16,
    "uint8": UINT8,
}
"""How the kernels call the conversion from float32."""

_MAX_FLOAT16 = 65_504
_MAX_BYTE = 255
_MIN_TOP = _MAX_BYTE / 2
"""Where the values of an integer type end before that, less than half of a byte's levels are left of them."""
_CENTRING = (
    "samplewise_center",
    "samplewise_std_normalization",
    "featurewise_center",
    "featurewise_std_normalization",
    "zca_whitening",
    "preprocessing_function",
)
"""What makes of 0-255 values about 0, which lie close together or are negative."""
_SCALING = ("samplewise_std_normalization", "featurewise_std_normalization", "zca_whitening", "preprocessing_function")
"""What makes small values of whatever there is."""


@dataclass(frozen=True)
class Output:
    """What batches are made of."""

    dtype: np.dtype[Any]
    conversion: int | None
    """How the kernels call the way there from float32; None where there is nothing but to write the values."""
    spec: ImageDataGeneratorSpec
    _reused: Reused = field(default_factory=Reused, compare=False, repr=False)

    @classmethod
    def of(cls, name: OutputType | None, spec: ImageDataGeneratorSpec) -> Output:
        """The type of that name, or a spec's own.

        Raises:
            ValueError: there is no such type, or the spec makes values that bytes cannot hold.
            NotInstalled: bfloat16 is asked for, and nothing here brings it to NumPy.
        """
        if name is None:
            return cls(np.dtype(spec.dtype or "float32"), None, spec)
        if name not in _CONVERSIONS:
            raise ValueError(f"output must be one of {', '.join(map(repr, _CONVERSIONS))}, got {name!r}")
        if name == "uint8":
            _require_levels(spec)
        return cls(_bfloat16() if name == "bfloat16" else np.dtype(name), _CONVERSIONS[name], spec)

    def room(self, count: int, images: Array, out: Array | None, source: Array) -> Array:
        """A new array for so many *images*, or the caller's *out*; *source* is where the images were read from.

        Raises:
            ValueError: the type does not hold these images' range, or *out* is not such an array, cannot be written to,
                or shares memory with the source.
            TypeError: *out* is no array at all.
        """
        self._require_range(images.dtype)
        shape = (count, *images.shape[1:])
        if out is None:
            return self._reused.array(shape, self.dtype)
        if not isinstance(out, np.ndarray):
            raise TypeError(f"out must be a NumPy array, got {type(out).__name__}")
        if out.shape != shape or out.dtype != self.dtype:
            raise ValueError(
                f"out must have the shape {shape} and dtype {self.dtype}, got {out.shape} and {out.dtype}; "
                "the dtype is that of the pipeline's output"
            )
        if not (out.flags.c_contiguous and out.flags.writeable):
            raise ValueError("out must be C-contiguous and writeable")
        if np.may_share_memory(out, source):
            raise ValueError("out must not share memory with the images, which are read while it is written")
        return out

    def _require_range(self, source: np.dtype[Any]) -> None:
        """See that the values which an integer type can have are what this type holds, once they are rescaled."""
        if self.conversion is None or source.kind != "u":
            return
        top, rescale = np.iinfo(source).max, self.spec.rescale
        reached = top * (1 if rescale is None else rescale)
        if self.dtype == np.uint8 and (reached < _MIN_TOP or (rescale is None and reached > _MAX_BYTE)):
            raise ValueError(
                f"output 'uint8' holds whole numbers from 0 to 255, and rescale {rescale} takes {source} images to "
                f"0-{reached:.6g}: set rescale to {_suggested(top)}, or ask for 'float16' or 'bfloat16'"
            )
        if self.dtype == np.float16 and abs(reached) > _MAX_FLOAT16 and not _set(self.spec, _SCALING):
            raise ValueError(
                f"output 'float16' ends at {_MAX_FLOAT16}, and rescale {rescale} takes {source} images to "
                f"{reached:.6g}: set rescale to 1/{top}, or ask for 'bfloat16'"
            )

    def warn_of_lost_levels(self, batch: Array, source: np.dtype[Any]) -> None:
        """Say so where floats, whose range nobody can know beforehand, came out as no other bytes than 0 and 1."""
        if self.dtype == np.uint8 and source.kind == "f" and batch.size and batch.max() <= 1:
            warnings.warn(
                "output 'uint8' made nothing but 0 and 1 of this batch of floats; if they are from 0 to 1, set rescale "
                "to 255",
                stacklevel=3,
            )


def _require_levels(spec: ImageDataGeneratorSpec) -> None:
    centring = _set(spec, _CENTRING)
    if centring:
        raise ValueError(
            f"output 'uint8' holds whole numbers from 0 to 255, and {centring[0]} makes others: leave it out and "
            "normalise where the batches are used, or ask for 'float16' or 'bfloat16'"
        )


def _set(spec: ImageDataGeneratorSpec, names: tuple[str, ...]) -> list[str]:
    """Those of the parameters that a spec sets."""
    return [name for name in names if getattr(spec, name)]


def _suggested(top: int) -> str:
    """The rescale that takes 0-top to 0-255."""
    return "None" if top == _MAX_BYTE else f"1/{top / _MAX_BYTE:g}"


def _bfloat16() -> np.dtype[Any]:
    try:
        import ml_dtypes  # comes with TensorFlow and JAX; the engine takes nothing else of it
    except ImportError as error:
        raise NotInstalled("output 'bfloat16' takes the type that NumPy lacks: pip install ml_dtypes") from error
    found: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
    return found
