"""Datasets in words: what one is called, and what to do about one that could not be read."""

from __future__ import annotations

from api_schemas.datasets.dataset import Dataset, DatasetFacts
from augury.reporting.formatting import plain
from augury.wording import listed, source_of

MAX_CLASSES_NAMED = 4
_DIGEST_SHOWN = 8
_MAX_SOURCE_LENGTH = 60

_NEXT_STEPS = {
    "images.sizes_differ": "Add it again with an image size: the images are brought to it.",
    "folder.layout": "Say by the layout whether the top folders are classes or splits, or rename them.",
    "labels.missing": "Put the images into a folder for each class, or add a table that names file and label.",
    "labels.several": "An image must have one class: make a dataset for each label, or one word of several.",
    "snapshot.too_large": "Add it again with a smaller image size.",
    "archive.encrypted": "Pack it again, without a password.",
    "archive.damaged": "It was cut off or changed on the way: pack and send it again.",
    "format.unknown": "Send a folder for each class, a table with images, npz, IDX, Parquet or TFRecord.",
    "ingest.crashed": "That is a fault of the service: tell its operator, with the dataset's id.",
    "disk.full": "That is the service's disk, not yours: tell its operator.",
}
_NEXT_STEPS_OF = {
    "archive": "Pack the folder from inside it as a plain zip, tar or tar.gz, and send it again.",
    "folder": "Look at how its folders lie; a folder for each class is always understood.",
    "labels": "Look at the labels: each image needs one, as a folder's name or in a table.",
    "images": "Look at the files that the sentence names; at least some must be images that can be decoded.",
    "manifest": "Correct the table, or name its columns, and send it again.",
    "array": "Save the arrays again: images as numbers, [N, height, width, channels], and labels beside them.",
    "idx": "Give the files in pairs of images and labels, as MNIST's are.",
    "parquet": "Write the file again with the images in it, and a label for each.",
    "tfrecord": "Write the records again: each a tf.train.Example with an image and a label.",
    "upload": "Send the file again.",
    "builtin": "Choose the digits, which come with the service, or have its operator allow downloads.",
    "path": "The workers must be able to read what lies there; ask the operator which folders are allowed.",
    "url": "Look whether the address can be opened, and whether the operator allows it.",
    "bucket": "Look whether the object is there, and whether the operator has access to it.",
    "huggingface": "Look at the name and the configuration on the hub.",
    "file": "Look at the file that the sentence names: whether it is too large, and may be read.",
    "table": "Send fewer rows or columns; the sentence names the limit.",
    "groups": "Rename the groups that the sentence names.",
    "dataset": "Send fewer images; the sentence names the limit.",
    "reader": "Ask the operator to install what the sentence names.",
    "ingest": "Try a smaller part of it; the sentence names the limit.",
}
"""By the first part of the rule that was broken, where nothing closer is known."""


def name_of(reference: dict[str, object]) -> str:
    """What a dataset is called: where it comes from, as short as it can be told from others by."""
    if reference.get("kind") == "builtin":
        return f"{plain(str(reference.get('name')))}"
    if reference.get("kind") == "upload":
        return f"upload {str(reference.get('sha256'))[:_DIGEST_SHOWN]}"
    return plain(source_of(reference), _MAX_SOURCE_LENGTH)


def classes_of(facts: DatasetFacts | None) -> str:
    """The first few classes: daisy, rose and 3 more."""
    return "" if facts is None else listed([plain(name) for name in facts.classes], MAX_CLASSES_NAMED)


def size_of(facts: DatasetFacts) -> str:
    """Height, width and channels of its images: 64 × 64, 3 channels."""
    height, width, channels = facts.shape
    return f"{height} × {width}, {'1 channel' if channels == 1 else f'{channels} channels'}"


def step_of(dataset: Dataset) -> str:
    """What its ingestion is at."""
    step, done, total = (dataset.progress.get(name) for name in ("step", "done", "total"))
    if not step:
        return {"queued": "waits for a worker", "ingesting": "is being read"}.get(dataset.state, "")
    return f"{step} {done} of {total}" if total else f"{step} {done}"


def share_of(dataset: Dataset) -> float | None:
    """How far that step is, 0 to 1; None where it is not known."""
    done, total = dataset.progress.get("done"), dataset.progress.get("total")
    return min(1.0, int(done or 0) / int(total)) if total else None


def next_step(dataset: Dataset) -> str | None:
    """What to do about one that could not be read; None where that is not known, or it could be."""
    rule = None if dataset.error is None else dataset.error.rule
    if rule is None:
        return None
    return _NEXT_STEPS.get(rule) or _NEXT_STEPS_OF.get(rule.split(".")[0])
