"""What an export is made for, beside the spec."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from api_schemas.exports.export import ExportRequest
from api_schemas.lint import Semantics


@dataclass(frozen=True)
class ExportOptions:
    """How the spec is carried out, and on what.

    ``image_size`` is height and width in pixels, where they are known: a target that has only fractions of them needs
    them for what the spec says in pixels, and where images are not square Keras's semantics have more to be told.
    """

    semantics: Semantics = "keras"
    image_size: tuple[int, int] | None = None

    @classmethod
    def of(cls, request: ExportRequest) -> Self:
        """What a request says beside its spec."""
        size = request.image_size
        return cls(request.semantics, None if size is None else (size[0], size[1]))

    @property
    def is_corrected(self) -> bool:
        """Whether shifts go along the named axis, and pivot and brightness are as documented."""
        return self.semantics == "corrected"

    @property
    def is_square(self) -> bool | None:
        """Whether the images are as high as wide; None where that is not known."""
        return None if self.image_size is None else self.image_size[0] == self.image_size[1]
