"""``ImageDataGenerator``: Keras's class, with our engine inside."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from augury.augmentation.drawing import GLOBAL_GENERATOR, LegacyGenerator, Ranges, draw_as_keras
from augury.augmentation.engine import Engine
from augury.augmentation.fitting import Transformation, learn, randomly_transformed
from augury.augmentation.generator.arguments import axes_of, checked_brightness, checked_split, zoom_factors
from augury.augmentation.generator.batches import augmented
from augury.augmentation.generator.flows import Flows
from augury.augmentation.generator.notices import settled, warn_of_missing_fit
from augury.augmentation.generator.one_by_one import STEPS, augmented_one_by_one, is_overridden, transformed_one_by_one
from augury.augmentation.iterators.keras_bridge import floatx, image_data_format
from augury.augmentation.layout import channels_first, channels_last, readable_images, warn_of_unusual_channels
from augury.augmentation.parameters import NAMES, Draws
from augury.augmentation.settings import PreprocessingFunction, Settings
from augury.augmentation.statistics import Statistics

Array = npt.NDArray[Any]

_NORMALISATIONS = {
    "featurewise_center": "mean",
    "featurewise_std_normalization": "std",
    "zca_whitening": "zca_whitening_matrix",
}
"""Parameter, and the attribute that ``fit`` sets for it."""


class ImageDataGenerator(Flows):
    """Batches of randomly changed images: the constructor, methods and results of Keras 3's ``ImageDataGenerator``.

    For the same seed there are the same order, the same draws, and pixels within 0.01 on a 0-255 scale. All parameters
    are attributes of the same names (``zoom_range`` as a pair of factors), which may be set at any time; so may
    ``mean``, ``std`` and ``zca_whitening_matrix``, which are None until ``fit`` has learnt them. Draws come from
    NumPy's global generator, which a seed sets.

    Args:
        featurewise_center: subtract the training set's mean, channel by channel.
        samplewise_center: subtract each image's own mean.
        featurewise_std_normalization: divide by the training set's deviation.
        samplewise_std_normalization: divide each image by its own deviation.
        zca_whitening: decorrelate the values of an image.
        zca_epsilon: what the singular values are increased by.
        rotation_range: degrees; the angle is uniform in [-r, r].
        width_shift_range: float below 1: fraction of the width; float from 1: pixels; int n: whole pixels in (-n, n);
            sequence: what to choose from, with a random sign.
        height_shift_range: as width_shift_range. In Keras the two move along each other's axis (docs/semantics.md).
        brightness_range: pair of factors.
        shear_range: degrees; uniform in [-s, s].
        zoom_range: z for factors in [1 - z, 1 + z], or a pair of factors; below 1 zooms in.
        channel_shift_range: in units of intensity; uniform in [-c, c], one shift for all channels.
        fill_mode: what is painted beyond the border: constant, nearest, reflect, wrap, or another mode of SciPy's.
        cval: the value that "constant" paints.
        horizontal_flip: mirror left and right with probability 1/2.
        vertical_flip: mirror top and bottom with probability 1/2.
        rescale: what every value is multiplied by after the random changes; None or 0 for nothing.
        preprocessing_function: called with every image, a 3-D array, after the random changes and before ``rescale``;
            returns an image of the same shape.
        data_format: ``channels_last`` or ``channels_first``; default: Keras's setting, channels_last without Keras.
        validation_split: the share of images that ``subset="validation"`` means.
        interpolation_order: of the spline that the image is read with, 0 to 5.
        dtype: of the batches; default: Keras's setting, float32 without Keras.

    Raises:
        ValueError: data_format, validation_split, zoom_range or brightness_range is none of what they may be. Other
            values are found out, as by Keras, when they are first used.
    """

    mean: Any = None
    std: Any = None
    zca_whitening_matrix: Any = None
    featurewise_center: Any
    samplewise_center: Any
    featurewise_std_normalization: Any
    samplewise_std_normalization: Any
    zca_whitening: Any

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: Any = 0.0,
        height_shift_range: Any = 0.0,
        brightness_range: Any = None,
        shear_range: float = 0.0,
        zoom_range: Any = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: PreprocessingFunction | None = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: Any = None,
    ) -> None:
        self.data_format = image_data_format() if data_format is None else data_format
        self.channel_axis, self.row_axis, self.col_axis = axes_of(self.data_format)
        self._validation_split = checked_split(validation_split)
        self.zoom_range: Any = zoom_factors(zoom_range)
        self.brightness_range = checked_brightness(brightness_range)
        normalisations = settled({
            "featurewise_center": featurewise_center,
            "samplewise_center": samplewise_center,
            "featurewise_std_normalization": featurewise_std_normalization,
            "samplewise_std_normalization": samplewise_std_normalization,
            "zca_whitening": zca_whitening,
        })  # fmt: skip
        for name, value in normalisations.items():
            setattr(self, name, value)
        self.zca_epsilon, self.rescale, self.dtype = zca_epsilon, rescale, dtype or floatx()
        self.rotation_range, self.shear_range, self.channel_shift_range = (
            rotation_range,
            shear_range,
            channel_shift_range,
        )
        self.width_shift_range, self.height_shift_range = width_shift_range, height_shift_range
        self.horizontal_flip, self.vertical_flip = horizontal_flip, vertical_flip
        self.fill_mode, self.cval, self.interpolation_order = fill_mode, cval, interpolation_order
        self.preprocessing_function = preprocessing_function

    # -- Keras's methods; those of Flows make iterators ----------------------------------------------------------------

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Learn what featurewise normalisation and whitening need from images with four dimensions.

        Args:
            x: images in the generator's data format; they are rescaled first.
            augment: learn from randomly changed images instead, *rounds* times over all.
            rounds: how often.
            seed: set NumPy's global generator to it first.

        Raises:
            ValueError: *x* does not have four dimensions.
            TypeError: the generator's dtype is not one of floats.
        """
        if np.ndim(x) != 4:
            raise ValueError(f"Input to `.fit()` should have rank 4, got array with shape {np.shape(x)}")
        images = readable_images(x, self.dtype)
        warn_of_unusual_channels(images.shape, self.data_format)
        if seed is not None:
            np.random.seed(seed)
        settings = self._settings()
        changed = self._augmented_for_fit(settings) if augment else None
        learnt = learn(settings, channels_last(images, self.data_format), augmented=changed, rounds=rounds)
        for name, value in zip(
            _NORMALISATIONS.values(), (learnt.mean, learnt.deviation, learnt.whitening), strict=True
        ):
            if value is not None:
                setattr(self, name, value)

    def standardize(self, x: Array) -> Array:
        """An image or a batch preprocessed, rescaled and normalised; a float array is changed in place."""
        self._warn_of_missing_fit()
        return self._engine(self._settings()).standardise(x, self._statistics())

    def get_random_transform(self, img_shape: tuple[int, ...], seed: int | None = None) -> dict[str, Any]:
        """Random parameters for one image of a shape: theta and shear in degrees, tx and ty in pixels, and so on.

        With a seed, NumPy's global generator is set to it first.
        """
        if seed is not None:
            np.random.seed(seed)
        size = (img_shape[self.row_axis - 1], img_shape[self.col_axis - 1])
        return draw_as_keras(Ranges.of(self._settings()), GLOBAL_GENERATOR, 1, size).parameters(0)

    def apply_transform(self, x: Any, transform_parameters: dict[str, Any]) -> Array:
        """One image, in its own type, changed as a transform dictionary says; *x* itself where that is not at all.

        Raises:
            ValueError: *x* does not have three dimensions.
        """
        image = np.asarray(x)
        if image.ndim != 3:
            raise ValueError(f"Input arrays must be multi-channel 2D images, got shape {image.shape}")
        draws = Draws.of_parameters({name: transform_parameters.get(name) for name in NAMES})
        last = channels_last(image[np.newaxis], self.data_format)[0]
        changed = self._engine(self._settings("float32")).transform_image(last, draws)
        result: Array = channels_first(changed[np.newaxis], self.data_format)[0]
        return result

    def random_transform(self, x: Any, seed: int | None = None) -> Array:
        """One image with a random transform, in its own type."""
        return self.apply_transform(x, self.get_random_transform(np.shape(x), seed))

    # -- what iterators ask ------------------------------------------------------------------------------------------

    @property
    def validation_split(self) -> Any:
        """The share of the images that is set apart."""
        return self._validation_split

    @property
    def weights_follow_the_subset(self) -> bool:
        """Keras gives the images of a subset the first sample weights, whichever part it is."""
        return False

    @property
    def runs_code_of_the_user(self) -> bool:
        """Whether there is a preprocessing function, or a subclass has changed what is done with an image."""
        return bool(self.preprocessing_function) or is_overridden(self, ImageDataGenerator, STEPS)

    def augmented_batch(self, images: Array, indices: Any, random: LegacyGenerator, *, dtype: Any = None) -> Array:
        """The images that *indices* number, drawn for and augmented: ``[B, H, W, C]``, computed in *dtype*."""
        dtype = dtype or self.dtype
        if is_overridden(self, ImageDataGenerator, STEPS):
            return augmented_one_by_one(self, images[indices], self.data_format, dtype)
        self._warn_of_missing_fit()
        return augmented(self._settings(dtype), self._statistics(), images, indices, random)

    # -- inside --------------------------------------------------------------------------------------------------------

    def _settings(self, dtype: Any = None) -> Settings:
        # Read anew every time: attributes may be set, and lists changed, between any two images.
        function = self.preprocessing_function or None
        return Settings.read_from(self, dtype=dtype or self.dtype, preprocessing_function=function)

    @staticmethod
    def _engine(settings: Settings) -> Engine:
        return Engine(settings, "keras", None)

    def _statistics(self) -> Statistics:
        return Statistics(
            *(getattr(self, holder) if getattr(self, name) else None for name, holder in _NORMALISATIONS.items())
        )

    def _warn_of_missing_fit(self) -> None:
        warn_of_missing_fit(
            name for name, holder in _NORMALISATIONS.items() if getattr(self, name) and getattr(self, holder) is None
        )

    def _augmented_for_fit(self, settings: Settings) -> Transformation:
        if is_overridden(self, ImageDataGenerator, (*STEPS[:2], "random_transform")):
            return lambda parts: transformed_one_by_one(self, parts, self.data_format)
        return randomly_transformed(self._engine(settings), Ranges.of(settings), GLOBAL_GENERATOR)
