"""What an iterator asks of whatever augments its images, so that neither needs to know the other's class."""

from __future__ import annotations

from typing import Any, Protocol

import numpy.typing as npt

Array = npt.NDArray[Any]


class Augmenter(Protocol):
    """What an iterator asks of a ``Pipeline`` or an ``ImageDataGenerator``."""

    @property
    def data_format(self) -> str:
        """Of the images that it takes and gives."""

    @property
    def dtype(self) -> Any:
        """Of the images that it gives."""

    @property
    def validation_split(self) -> float:
        """The share of the images that is set apart."""

    @property
    def runs_code_of_the_user(self) -> bool:
        """Whether making a batch calls functions that we do not know."""

    @property
    def weights_follow_the_subset(self) -> bool:
        """Whether sample weights are split as images are; in Keras they are not."""

    def augmented_batch(self, images: Array, indices: Any, random: Any, *, dtype: Any = None) -> Array:
        """The images ``[N, H, W, C]`` that *indices* number, drawn for, changed and standardised: ``[B, H, W, C]``.

        *dtype* is the type that it is computed in; default: that of the images it gives.
        """
