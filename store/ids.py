"""Ids that sort by time of creation: UUIDv7 (RFC 9562, section 5.7) with a prefix that says of what."""

from __future__ import annotations

import re
import time
import uuid

from store.randomness import random_bytes

DATASET, JOB, TRIAL, CHUNK, MODEL, KEY = "ds", "job", "trial", "chunk", "model", "key"
WEBHOOK, MESSAGE, UPLOAD = "wh", "msg", "upload"

DEFAULT_PROJECT = "default"
"""Whose everything is that was stored before there were projects, and that comes without a key."""

IDENTIFIER = r"^[A-Za-z0-9_]{1,40}$"
"""What any id, kind or cursor looks like. PostgreSQL cannot even be asked for some others (NUL)."""


def new_id(prefix: str) -> str:
    """A fresh id, e.g. ``job_0199f3a27c6b7d3c8a51b2c3d4e5f607``."""
    return f"{prefix}_{uuid7(time.time_ns() // 1_000_000, random_bytes(10)).hex}"


def uuid7(milliseconds: int, randomness: bytes) -> uuid.UUID:
    """A UUIDv7 from a Unix time in milliseconds and ten random bytes."""
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(randomness, "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


def is_identifier(text: str) -> bool:
    """Whether a row could have this id at all."""
    return re.fullmatch(IDENTIFIER, text) is not None
