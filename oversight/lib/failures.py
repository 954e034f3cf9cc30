"""What may be kept of an exception: its kind and place. Its message can hold transcript text, so it is left out."""

from __future__ import annotations

import traceback
from pathlib import Path


def describe(error: BaseException) -> str:
    """For rows and logs: "ValueError at byte_channels.py:88 in score"."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    last = frames[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno} in {last.name}"
