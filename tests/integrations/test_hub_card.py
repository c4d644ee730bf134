"""A card with a section of ours, as the Hub's own client reads it."""

from __future__ import annotations

from pathlib import Path

from tests.integrations.conftest import Publisher, Service

CARD = "---\nlicense: mit\ntags:\n- digits\npretty_name: Digits\n---\n\n# Digits\n\nWritten by hand.\n"


def test_a_card_with_the_section_is_still_one(publisher: Publisher, service: Service, tmp_path: Path) -> None:
    """Its metadata is what it was, and the section is in its text; once, however often it is published."""
    card, job_id = tmp_path / "README.md", service.reported()
    card.write_text(CARD)
    said = [publisher.told(job_id, "card", "--file", card) for _ in range(2)]
    assert [done["code"] for done in said] == [0, 0], said
    assert "as it was" in said[1]["err"]
    data, text = publisher.card(card)
    assert data == {"license": "mit", "tags": ["digits"], "pretty_name": "Digits"}
    assert text.count("## Augmentation: what helps and what hurts") == 1
    assert "Written by hand." in text


def test_a_card_of_the_section_alone_can_be_read(publisher: Publisher, service: Service, tmp_path: Path) -> None:
    """It has no metadata, and none is taken out of the section."""
    card = tmp_path / "README.md"
    assert publisher.told(service.reported(), "card", "--file", card)["code"] == 0
    data, text = publisher.card(card)
    assert data == {}
    assert "### Limits" in text
