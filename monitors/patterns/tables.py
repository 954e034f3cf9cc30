"""The shipped table of clean texts: `python -m monitors.patterns FOLDER` makes it again."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

_NAME = "clean_texts.json"


@cache
def tables() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files("monitors.patterns").joinpath(_NAME).read_text())
    return found
