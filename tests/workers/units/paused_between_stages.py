"""A pool process that trains one trial and comes to rest between its stages, to be killed there.

    python -m tests.workers.units.paused_between_stages DATA_DIR DATABASE_URL TRIAL_ID

It says so on standard output when the first stage is over and the second is not begun.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from augury.training.warmup import warm_up
from tests.workers.units.carried import run_trial
from workers.context import make_context
from workers.settings import WorkerSettings

BETWEEN = "between stages"
_FOR_EVER = 3600.0


def main() -> None:
    """Train, and rest where a stage follows another."""
    data_dir, database_url, trial_id = sys.argv[1:]
    warm_up(threads=1)
    from augury.training import trial  # Keras, which must find the settings made above

    def rest(*_: Any) -> Any:
        sys.stdout.write(f"{BETWEEN}\n")
        sys.stdout.flush()
        time.sleep(_FOR_EVER)

    trial.continued_learner = rest
    settings = WorkerSettings(data_dir=Path(data_dir), database_url=database_url, lease_seconds=120)
    run_trial(make_context(settings), trial_id)


if __name__ == "__main__":
    main()
