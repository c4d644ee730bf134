"""The guide to webhooks: its receiver verifies what is sent, and its tables are complete."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from pydantic import AliasChoices, TypeAdapter

from api_schemas.jobs import JobRequest
from api_schemas.webhooks.webhook import EVENT_TYPES, PING
from store.rows.webhooks.pauses import PAUSES
from store.webhooks.settings import WebhookSettings
from store.webhooks.signatures import secret_text, signed_headers
from tests.servers import free_port, wait_for
from tests.workers.delivering.test_posting import Unheeding
from workers.delivering.posting import post

GUIDE = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text()
SECRET = b"s" * 32
BODY = b'{"type":"job.succeeded","data":{"id":"job_1"}}'


def _sent(port: int, message_id: str, secret: bytes = SECRET) -> int | None:
    settings = WebhookSettings(private_hosts=[f"127.0.0.1:{port}"], timeout_seconds=30)
    headers = signed_headers([secret], message_id, int(time.time()), BODY)
    return post(f"http://127.0.0.1:{port}/", headers, BODY, settings, Unheeding()).status


def test_the_receiver_in_the_guide_takes_what_is_signed_and_nothing_else(tmp_path: Path) -> None:
    """It is run as it stands; a message that comes twice is done once."""
    (program,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    port = free_port()
    environment = {**os.environ, "WEBHOOK_SECRET": secret_text(SECRET), "WEBHOOK_PORT": str(port)}
    log = tmp_path / "receiver.log"
    with log.open("wb") as output:
        receiver = subprocess.Popen(
            [sys.executable, "-c", program], env=environment, stdout=output, stderr=subprocess.DEVNULL
        )
    try:
        wait_for(lambda: _sent(port, "msg_1") == 204, "the receiver to take a message")
        assert _sent(port, "msg_1") == 204
        assert _sent(port, "msg_2") == 204
        assert _sent(port, "msg_3", b"x" * 32) == 400
    finally:
        receiver.kill()
        receiver.wait()
    assert log.read_text().splitlines() == ["job.succeeded job_1"] * 2


def test_the_guide_names_every_type_and_every_setting() -> None:
    """And none that there is not."""
    assert set(re.findall(r"`((?:job|dataset|model|webhook)\.\w+)`", GUIDE)) == {*EVENT_TYPES, PING}
    variables = {
        str(field.validation_alias.choices[0])
        if isinstance(field.validation_alias, AliasChoices)
        else f"AUGURY_WEBHOOK_{name.upper()}"
        for name, field in WebhookSettings.model_fields.items()
    }
    assert set(re.findall(r"^\| `(AUGURY_\w+)`", GUIDE, re.MULTILINE)) == variables


def test_the_job_in_the_guide_is_accepted() -> None:
    """With an id in the place of the dots."""
    (job, *_) = [json.loads(each) for each in re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL) if "notify" in each]
    TypeAdapter(JobRequest).validate_python(job | {"notify": ["wh_" + "0" * 32]})


def test_the_pauses_in_the_guide_are_those_of_the_code() -> None:
    """In its units."""
    (said,) = re.findall(r"The pauses are about (.*?) and then\s+(12 h)", GUIDE, re.DOTALL)
    units = {"s": 1, "min": 60, "h": 3600}
    told = [float(number) * units[unit] for number, unit in re.findall(r"(\d+) (s|min|h)", " ".join(said))]
    assert tuple(told) == PAUSES
