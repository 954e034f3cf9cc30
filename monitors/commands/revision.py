"""Which state of the code made a table."""

from __future__ import annotations

import subprocess
from pathlib import Path


def commit() -> str:
    """The commit that the code is at; `unknown` outside a checkout."""
    here = Path(__file__).parent
    try:
        asked = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=here, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return asked.stdout.strip()
