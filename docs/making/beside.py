"""Has the environment of Sphinx see the service's: ``python -m docs.making.beside .venv/bin/python``.

What both have is the same version in both, as the one's lock is made under the constraints of the other's.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

if __name__ == "__main__":
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    theirs = subprocess.run([sys.argv[1], "-c", ask], check=True, capture_output=True, text=True).stdout.strip()
    own = Path(sysconfig.get_path("purelib"))
    (own / "service.pth").write_text(f"import site; site.addsitedir({theirs!r})\n")
