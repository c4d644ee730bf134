"""Which parameters of a spec somebody looks at: what does not depend on a parameter holds whatever its value is."""

from __future__ import annotations

from typing import Any

from api_schemas.augmentation import ImageDataGeneratorSpec

_FIELDS = frozenset(ImageDataGeneratorSpec.model_fields)


class WatchedSpec:
    """Stands in for a spec, and notes which of its fields were read, by its own properties, too.

    Whatever is neither a field nor a property, such as a dump of the whole, counts as a look at every field.
    """

    def __init__(self, spec: ImageDataGeneratorSpec) -> None:
        """Watch *spec*."""
        self._spec = spec
        self.seen: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        if name in _FIELDS:
            self.seen.add(name)
        else:
            made = getattr(ImageDataGeneratorSpec, name, None)
            if isinstance(made, property) and made.fget is not None:
                return made.fget(self)
            self.seen |= _FIELDS
        return getattr(self._spec, name)
