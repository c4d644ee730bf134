"""Pool processes that have grown are replaced between two units of work.

Every model that is compiled leaves some megabytes behind which TensorFlow does not give back, so a process that sees
ever new ones grows for as long as it lives.
"""

from __future__ import annotations

from pathlib import Path

from billiard import pool

_STATUS = Path("/proc/self/status")
_OWN = ("RssAnon:", "RssShmem:")

celerys_measure = pool.mem_rss


def install() -> None:
    """Have Celery's bound on the memory of a pool process go by what the process holds now, and itself.

    Celery compares the most that was ever resident, mapped files included. By that a process that once mapped a large
    snapshot, or trained one large model, would be replaced after every unit.
    """
    pool.mem_rss = held_kibibytes


def held_kibibytes() -> int:
    """What this process holds, without the files that it has mapped. Where that is not known, Celery's own measure."""
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:  # no Linux
        return int(celerys_measure())
    return sum(int(line.split()[1]) for line in lines if line.startswith(_OWN))
