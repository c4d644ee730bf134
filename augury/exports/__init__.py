"""A spec in the words of other libraries, with what is different there."""

from augury.exports.targets import TARGETS, export

__all__ = ["TARGETS", "export"]
