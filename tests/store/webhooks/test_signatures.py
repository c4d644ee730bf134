"""Signatures are those of Standard Webhooks, and no secret can be read out of the database."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from store.webhooks.key import SigningKey
from store.webhooks.signatures import new_salt, secret_of, secret_text, signed_headers

KEY = SigningKey(b"k" * 64)


@given(st.dictionaries(st.text(max_size=10), st.text(max_size=20), max_size=5), st.binary(min_size=24, max_size=64))
def test_the_reference_library_verifies_what_is_signed(payload: dict[str, str], secret: bytes) -> None:
    """Whatever is said in it; it checks the time, too."""
    body = json.dumps(payload).encode()
    headers = signed_headers([secret], "msg_1", int(time.time()), body)
    assert Webhook(secret_text(secret)).verify(body, headers) == payload


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "body"])
def test_what_was_changed_on_the_way_is_not_verified(changed: str) -> None:
    """Neither another message, nor another time, nor another body."""
    secret = secret_of(KEY, "wh_1", "salt")
    now = int(time.time())
    headers, body = signed_headers([secret], "msg_1", now, b'{"a":1}'), b'{"a":1}'
    if changed == "body":
        body = b'{"a":2}'
    else:
        headers[changed] = {"webhook-id": "msg_2", "webhook-timestamp": str(now + 1)}[changed]
    with pytest.raises(WebhookVerificationError):
        Webhook(secret_text(secret)).verify(body, headers)


def test_during_a_rotation_either_secret_verifies() -> None:
    """A receiver may change to the new one whenever it likes."""
    new, old = (secret_of(KEY, "wh_1", salt) for salt in ("new", "old"))
    headers = signed_headers([new, old], "msg_1", int(time.time()), b"{}")
    for secret in (new, old):
        assert Webhook(secret_text(secret)).verify(b"{}", headers) == {}
    with pytest.raises(WebhookVerificationError):
        Webhook(secret_text(secret_of(KEY, "wh_1", "another"))).verify(b"{}", headers)


def test_secrets_differ_by_key_webhook_and_salt() -> None:
    """And are as long as the standard asks: 24 to 64 bytes."""
    known = {
        secret_of(key, webhook, salt) for key in (KEY, SigningKey(b"x" * 64)) for webhook in ("wh_1", "wh_2")
        for salt in (new_salt(), new_salt())
    }  # fmt: skip
    assert len(known) == 8
    assert {len(each) for each in known} == {32}
