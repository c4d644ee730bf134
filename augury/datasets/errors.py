"""Why a dataset cannot be read."""

from __future__ import annotations


class DatasetError(Exception):
    """The dataset cannot be used; *rule* names what it broke, the message tells its owner why."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


class InternalError(Exception):
    """Something unexpected, logged where it happened; the message is fit for the dataset's owner."""
