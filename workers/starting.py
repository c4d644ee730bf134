"""``python -m workers.starting``: Celery's command, which looks for no garbage until a worker is loaded.

A sixth of the processor time of a start would go into looking through what is there for good.
"""

from __future__ import annotations

import gc
import sys

gc.disable()

from celery.__main__ import main  # noqa: E402  # the first of thousands of modules

if __name__ == "__main__":
    sys.exit(main())
