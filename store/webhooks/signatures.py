"""Secrets and signatures as Standard Webhooks has them: ``webhook-id``, ``-timestamp`` and ``-signature``.

A secret is not stored. It is made of the operator's key and a salt in the webhook's row (HMAC as a pseudorandom
function, as in RFC 5869), so that who reads the database, or a copy of it, can sign nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

from store.webhooks.key import SigningKey

SECRET_PREFIX = "whsec_"  # noqa: S105  # no secret, but how each begins
VERSION = "v1"
_SALT_BYTES = 16


def new_salt() -> str:
    """What makes a secret another than all others: 32 hexadecimal digits."""
    return secrets.token_hex(_SALT_BYTES)


def secret_of(key: SigningKey, webhook_id: str, salt: str) -> bytes:
    """The secret of a webhook: 32 bytes."""
    return hmac.digest(key.content, f"augury webhook secret\n{webhook_id}\n{salt}".encode(), hashlib.sha256)


def secret_text(secret: bytes) -> str:
    """How a secret is shown: ``whsec_`` and base64."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def signed_headers(keys: Sequence[bytes], message_id: str, seconds: int, body: bytes) -> dict[str, str]:
    """The three headers of a message that is sent at *seconds*, Unix time, signed with each of the secrets.

    Signed is ``id.seconds.body`` (Standard Webhooks, "Signature scheme"): a receiver knows by it how old a message is.
    """
    content = f"{message_id}.{seconds}.".encode() + body
    signatures = [base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode() for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"{VERSION},{each}" for each in signatures),
    }
