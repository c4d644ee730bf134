"""The augmentation engine: ``ImageDataGenerator``'s results, compiled and on all cores.

    from augury.augmentation import ImageDataGenerator

    for images, labels in ImageDataGenerator(rotation_range=20).flow(x, y, batch_size=32, seed=1):
        ...

No HTTP, SQL, Celery or TensorFlow: it can be used alone.
"""

from augury.augmentation.generator.dataframe_iterator import DataFrameIterator
from augury.augmentation.generator.directory_iterator import DirectoryIterator
from augury.augmentation.generator.image_data_generator import ImageDataGenerator
from augury.augmentation.iterators.array_iterator import NumpyArrayIterator
from augury.augmentation.iterators.iterator import Iterator
from augury.augmentation.parameters import Draws
from augury.augmentation.pipeline import Pipeline

__all__ = [
    "DataFrameIterator",
    "DirectoryIterator",
    "Draws",
    "ImageDataGenerator",
    "Iterator",
    "NumpyArrayIterator",
    "Pipeline",
]
