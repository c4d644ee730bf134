"""What a pool process does once, before its first trial."""

from __future__ import annotations

import os


def warm_up(threads: int) -> None:
    """Load TensorFlow and Keras with so many threads, deterministic and quiet."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    import keras  # reads KERAS_BACKEND

    if keras.backend.backend() == "tensorflow":
        import tensorflow

        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)
        tensorflow.config.experimental.enable_op_determinism()

    from augury.augmentation.threads import use_at_most
    from augury.augmentation.warmup import compile_kernels
    from augury.training.practice import practise

    use_at_most(threads)
    compile_kernels()
    practise()
