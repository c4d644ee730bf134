"""A card with a section of ours, as the Hub's own client reads it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.integrations.conftest import Service, Tools

CARD = "---\nlicense: mit\ntags:\n- digits\npretty_name: Digits\n---\n\n# Digits\n\nWritten by hand.\n"
READ = """
import json, sys
from huggingface_hub import DatasetCard
card = DatasetCard.load(sys.argv[1])
print(json.dumps([card.data.to_dict(), card.text]))
"""


def test_a_card_with_the_section_is_still_one(tools: Tools, service: Service, tmp_path: Path) -> None:
    """Its metadata is what it was, and the section is in its text; once, however often it is published."""
    card, job_id = tmp_path / "README.md", service.reported()
    card.write_text(CARD)
    command = ["python", "-m", "augury.cli", "publish", job_id, "--to", "card", "--file", card, "--url", service.url]
    said = [tools.run(command) for _ in range(2)]
    assert [done.returncode for done in said] == [0, 0], said[0].stderr
    assert "as it was" in said[1].stderr
    done = tools.run(["python", "-c", READ, card])
    data, text = json.loads(done.stdout)
    assert data == {"license": "mit", "tags": ["digits"], "pretty_name": "Digits"}
    assert text.count("## Augmentation: what helps and what hurts") == 1
    assert "Written by hand." in text


def test_a_card_of_the_section_alone_can_be_read(tools: Tools, tmp_path: Path, service: Service) -> None:
    """It has no metadata, and none is taken out of the section."""
    card = tmp_path / "README.md"
    command = ["python", "-m", "augury.cli", "publish", service.reported(), "--to", "card", "--file", card]
    assert tools.run([*command, "--url", service.url]).returncode == 0
    data, text = json.loads(tools.run(["python", "-c", READ, card]).stdout)
    assert data == {}
    assert "### Limits" in text
