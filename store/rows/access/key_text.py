"""What a key looks like: ``augury_<id>_<secret><checksum>``.

The prefix lets scanners of code and logs find a key that got there, the id finds its row, the secret has 190 random
bits, and the checksum tells what was mistyped or cut off from what was revoked, without asking the database.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib

from store.ids import KEY

PREFIX = "augury_"
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SECRET_LENGTH, _CHECKSUM_LENGTH = 32, 6
_KEY = re.compile(
    rf"{PREFIX}(?P<id>[0-9a-f]{{32}})_[0-9A-Za-z]{{{_SECRET_LENGTH}}}(?P<checksum>[0-9A-Za-z]{{{_CHECKSUM_LENGTH}}})"
)


def new_secret() -> str:
    """The random part of a key: 32 digits to the base 62."""
    return "".join(secrets.choice(_DIGITS) for _ in range(_SECRET_LENGTH))


def key_text(key_id: str, secret: str) -> str:
    """The key of an id, such as ``key_0199…``, and a secret."""
    body = f"{PREFIX}{key_id.removeprefix(f'{KEY}_')}_{secret}"
    return body + _checksum(body)


def id_in(text: str) -> str | None:
    """The id in a key; None where *text* is no key, whole and without a slip."""
    found = _KEY.fullmatch(text)
    if found is None or _checksum(text[:-_CHECKSUM_LENGTH]) != found["checksum"]:
        return None
    return f"{KEY}_{found['id']}"


def hash_of(text: str) -> str:
    """What is stored of a key. Of so many random bits a fast hash gives nothing away."""
    return hashlib.sha256(text.encode()).hexdigest()


def _checksum(body: str) -> str:
    """CRC-32 in six digits to the base 62, which is not there for security."""
    rest, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECKSUM_LENGTH):
        rest, digit = divmod(rest, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
