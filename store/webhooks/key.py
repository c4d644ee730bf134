"""The key that webhooks' secrets are made of: set by the operator, or a file of the owner's in the data directory."""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from augury.private_files import make_private_folder, private_opener
from store.webhooks.settings import MIN_KEY_LENGTH, WebhookSettings, variable_of

FILE_NAME = "webhooks.key"
_KEY_BYTES = 32


class SigningKeyError(RuntimeError):
    """There is no key, or another one than a secret was made of; the text says what to do."""


@dataclass(frozen=True)
class SigningKey:
    """A key; its *content* is never shown."""

    content: bytes

    def __repr__(self) -> str:
        return f"SigningKey({self.name})"

    @property
    def name(self) -> str:
        """By which it is known again, and from which nothing can be learnt of it: 16 hexadecimal digits."""
        return hashlib.sha256(b"augury webhook key\n" + self.content).hexdigest()[:16]


def find_key(settings: WebhookSettings, data_dir: Path) -> SigningKey:
    """The key that is set, or the one in the data directory.

    Raises:
        SigningKeyError: there is neither.
    """
    if settings.key is not None:
        return SigningKey(settings.key.get_secret_value().encode())
    try:
        content = (data_dir / FILE_NAME).read_bytes().strip()
    except OSError as error:
        reason = f"there is no key in {data_dir / FILE_NAME} ({error.strerror})"
        raise SigningKeyError(f"{reason}: set {variable_of('key')} to what the service has") from None
    if len(content) < MIN_KEY_LENGTH:
        raise SigningKeyError(f"{data_dir / FILE_NAME} is not whole: bring back the one that was there")
    return SigningKey(content)


def find_or_make_key(settings: WebhookSettings, data_dir: Path) -> SigningKey:
    """As `find_key`, but where there is none, one is made: for the service, which hands out secrets.

    Raises:
        SigningKeyError: it cannot be stored, or is damaged.
    """
    if settings.key is None and not (data_dir / FILE_NAME).exists():
        _make(data_dir)
    return find_key(settings, data_dir)


def _make(data_dir: Path) -> None:
    """Write a key that is whole when it has its name, whoever else writes one at the same time."""
    draft = data_dir / f"{FILE_NAME}.{secrets.token_hex(8)}"
    try:
        make_private_folder(data_dir)
        with open(draft, "xb", opener=private_opener) as file:
            file.write(secrets.token_hex(_KEY_BYTES).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, data_dir / FILE_NAME)  # which, unlike a renaming, replaces nothing
    except OSError as error:
        raise SigningKeyError(f"{data_dir / FILE_NAME} cannot be written: {error.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)
