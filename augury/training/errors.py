"""Why a trial cannot be carried out."""

from __future__ import annotations


class UserInputError(Exception):
    """The request cannot be carried out as it stands; the message tells the client why."""


class ModelTooLargeError(MemoryError):
    """Training the model takes more memory than there is; the message tells the client how much."""
