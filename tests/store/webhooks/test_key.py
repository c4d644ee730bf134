"""The key behind all secrets: set by the operator, or made once, for its owner alone."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from store.webhooks.key import FILE_NAME, SigningKey, SigningKeyError, find_key, find_or_make_key
from store.webhooks.settings import WebhookSettings

SETTINGS = WebhookSettings()


def test_a_key_is_made_once_and_found_again(tmp_path: Path) -> None:
    """In a file that nobody else can read."""
    made = find_or_make_key(SETTINGS, tmp_path / "data")
    assert find_or_make_key(SETTINGS, tmp_path / "data") == find_key(SETTINGS, tmp_path / "data") == made
    file = tmp_path / "data" / FILE_NAME
    assert file.stat().st_mode & 0o077 == 0
    assert [each.name for each in file.parent.iterdir()] == [FILE_NAME]


def test_who_only_signs_makes_no_key(tmp_path: Path) -> None:
    """It would be another than the service's; the refusal says what to set."""
    with pytest.raises(SigningKeyError, match="AUGURY_WEBHOOK_KEY"):
        find_key(SETTINGS, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_processes_that_need_a_key_at_once_get_the_same(tmp_path: Path) -> None:
    """Whichever was first."""
    together = threading.Barrier(8)
    found: list[SigningKey] = []

    def need() -> None:
        together.wait()
        found.append(find_or_make_key(SETTINGS, tmp_path))

    threads = [threading.Thread(target=need) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_the_operators_key_comes_first(tmp_path: Path) -> None:
    """Nothing is written then."""
    settings = WebhookSettings(key="0123456789" * 4)
    assert find_or_make_key(settings, tmp_path).content == b"0123456789" * 4
    assert list(tmp_path.iterdir()) == []


def test_a_short_key_is_refused() -> None:
    """By its length, and without being shown."""
    with pytest.raises(ValueError, match="at least 32") as refusal:
        WebhookSettings(key="guess-me")
    assert "guess-me" not in str(refusal.value)


def test_a_damaged_file_is_refused_and_not_replaced(tmp_path: Path) -> None:
    """All secrets are made of it."""
    (tmp_path / FILE_NAME).write_text("half")
    with pytest.raises(SigningKeyError, match="not whole"):
        find_or_make_key(SETTINGS, tmp_path)
    assert (tmp_path / FILE_NAME).read_text() == "half"


def test_a_key_is_known_by_a_name_and_never_shown(tmp_path: Path) -> None:
    """Neither in a log nor in a traceback."""
    key, same, other = SigningKey(b"a" * 32), SigningKey(b"a" * 32), SigningKey(b"b" * 32)
    assert key.name == same.name != other.name
    assert "aaaa" not in repr(key)
    assert "0123456789" not in repr(WebhookSettings(key="0123456789" * 4))
