"""What an export is made for, beside the spec."""

from __future__ import annotations

from dataclasses import dataclass

from api_schemas.lint import Semantics


@dataclass(frozen=True)
class ExportOptions:
    """How the spec is carried out, and on what.

    ``image_size`` is height and width in pixels, where they are known: a target that has only fractions of them needs
    them for what the spec says in pixels, and where images are not square Keras's semantics have more to be told.
    """

    semantics: Semantics = "keras"
    image_size: tuple[int, int] | None = None

    @property
    def is_corrected(self) -> bool:
        """Whether shifts go along the named axis, and pivot and brightness are as documented."""
        return self.semantics == "corrected"

    @property
    def is_square(self) -> bool | None:
        """Whether the images are as high as wide; None where that is not known."""
        return None if self.image_size is None else self.image_size[0] == self.image_size[1]
