"""The augmentation engine: ``ImageDataGenerator``'s results, compiled and on all cores.

    from augury.augmentation import Pipeline
    from api_schemas.augmentation import ImageDataGeneratorSpec

    for images, labels in Pipeline(ImageDataGeneratorSpec(rotation_range=20)).flow(x, y, batch_size=32, seed=1):
        ...

No HTTP, SQL, Celery or TensorFlow: it can be used alone.
"""

from augury.augmentation.parameters import Draws
from augury.augmentation.pipeline import Pipeline

__all__ = ["Draws", "Pipeline"]
