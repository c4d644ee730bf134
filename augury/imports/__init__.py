"""Augmentations of other libraries as specs, with what was lost. Nothing that is read is ever carried out."""

from augury.imports.imported import Imported, ImportRefused
from augury.imports.sources import SOURCES, read_spec

__all__ = ["SOURCES", "ImportRefused", "Imported", "read_spec"]
