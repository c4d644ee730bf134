"""The augmentation engine: ``ImageDataGenerator``'s results, compiled and on all cores.

    from augmentation import ImageDataGenerator

    for images, labels in ImageDataGenerator(rotation_range=20).flow(x, y, batch_size=32, seed=1):
        ...

No HTTP, SQL, Celery or TensorFlow: it can be used alone.
"""

from augmentation.array_iterator import NumpyArrayIterator
from augmentation.generator.dataframe_iterator import DataFrameIterator
from augmentation.generator.directory_iterator import DirectoryIterator
from augmentation.generator.image_data_generator import ImageDataGenerator
from augmentation.iterator import Iterator
from augmentation.parameters import Draws
from augmentation.pipeline import Pipeline

__all__ = [
    "DataFrameIterator",
    "DirectoryIterator",
    "Draws",
    "ImageDataGenerator",
    "Iterator",
    "NumpyArrayIterator",
    "Pipeline",
]
