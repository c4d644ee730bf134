"""Every library whose augmentations can be imported: one row each, the surest to be told first."""

from __future__ import annotations

from augury.imports import albumentations, keras_code, keras_layers, torchvision
from augury.imports.imported import Imported, ImportRefused, Source, require_short

SOURCES: dict[str, Source] = {
    keras_code.NAME: keras_code.SOURCE,
    "albumentations": albumentations.SOURCE,
    "torchvision": torchvision.SOURCE,
    keras_layers.NAME: keras_layers.SOURCE,
}


def read_spec(text: str, source: str | None = None) -> Imported:
    """The spec that *text* describes, in the words of *source* or of whatever it looks like.

    Raises:
        ImportRefused: there is no such source, or the text is too long, looks like nothing that is known, or cannot
            be read.
    """
    require_short(text)
    name = source if source is not None else next((each for each, row in SOURCES.items() if row.is_in(text)), None)
    if name not in SOURCES:
        known = "; ".join(f"{each} ({row.about})" for each, row in SOURCES.items())
        what = "this looks like nothing" if name is None else f"{name} is nothing"
        raise ImportRefused(f"{what} that can be imported. Known are {known}")
    return SOURCES[name].read(text)
