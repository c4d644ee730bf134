"""The service under the requests that schemathesis makes of its OpenAPI document.

Whatever is in the document is asked, with a key: no answer is a mistake of the service's, each has a status, a media
type and a body that the document says, and what the document allows is taken, or refused for what no schema can say.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.servers import missing
from tests.service.contract.conftest import Served

ROOT = Path(__file__).parents[3]
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = os.environ.get("AUGURY_FUZZ_EXAMPLES", "3")
"""Requests of each operation; ``make fuzz`` makes more of them."""
IS_THOROUGH = "AUGURY_FUZZ_EXAMPLES" in os.environ

PHASES = ["examples", "fuzzing", "stateful", *(["coverage"] if IS_THOROUGH else [])]
"""``coverage`` takes each bound of each field in turn, for minutes: ``make fuzz`` has it."""


def test_the_service_does_what_its_document_says(served: Served, tmp_path: Path) -> None:
    """Of every operation that is in it, in all phases: the tool reads the document once for them."""
    if importlib.util.find_spec("schemathesis") is None:
        missing("schemathesis", "pip install '.[dev]'")
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "run"]
    command += [str(served.document), "--url", served.url, "--header", f"Authorization: Bearer {served.key}"]
    command += ["--no-color", "--phases", ",".join(PHASES), "--max-examples", EXAMPLES]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "SCHEMATHESIS_HOOKS": "tests.service.contract.hooks",
    }
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    assert all(re.search(rf"✅ +{phase.title()} \(in", done.stdout) for phase in PHASES), done.stdout
    assert " 0 generated" not in done.stdout
