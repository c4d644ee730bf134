"""Having the parts that are installed on this machine look at themselves, each in a process of its own.

They are asked and not imported: the command line stands on the library alone, and a part that is broken breaks itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from pydantic import ValidationError

from api_schemas.service.doctor import Examination, problem
from augury.client.address import KEY_VARIABLE, running_url

PARTS = ("store", "service", "workers")
_MAX_SECONDS = 120.0


def environment_of(data_dir: Path) -> dict[str, str]:
    """The environment of a stack that keeps everything in *data_dir*, as far as that can be told from outside."""
    environment = {**os.environ, "AUGURY_DATA_DIR": str(data_dir.resolve())}
    environment.pop(KEY_VARIABLE, None)
    broker = None if running_url(data_dir) is None else _broker_in(data_dir)
    if broker is not None:
        environment.setdefault("AUGURY_BROKER_URL", broker)
    return environment


def examinations(environment: Mapping[str, str]) -> list[Examination]:
    """What the parts that are installed have found of themselves; none where only the client is installed."""
    return [_examination(part, environment) for part in PARTS if find_spec(part) is not None]


def _examination(part: str, environment: Mapping[str, str]) -> Examination:
    command = [sys.executable, "-P", "-m", f"{part}.doctor"]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_MAX_SECONDS, check=False
        )
        return Examination.model_validate_json(done.stdout.rpartition("\n")[0].rpartition("\n")[2])
    except subprocess.TimeoutExpired:
        says = f"the part {part!r} did not answer within {_MAX_SECONDS:g} seconds"
    except ValidationError:
        last = done.stderr.strip().rpartition("\n")[2] or f"exit code {done.returncode}"
        says = f"the part {part!r} cannot be started: {last[:200]}"
    return Examination(findings=[problem("versions", says, "install the lock file again")], variables=[])


def _broker_in(data_dir: Path) -> str | None:
    """Where the broker that a stack has started in a data directory answers; None where it has started none."""
    try:
        lines = (data_dir / "broker.conf").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    settings = dict(line.split(" ", 1) for line in lines if " " in line)
    if not {"port", "requirepass"} <= settings.keys():
        return None
    return f"redis://:{settings['requirepass']}@127.0.0.1:{settings['port']}/0"
