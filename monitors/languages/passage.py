"""A passage that is not written as it is to be read: where it stands, how it was written, and what it says."""

from __future__ import annotations

from typing import NamedTuple


class Passage(NamedTuple):
    """`text[start:end]`, written in `form`, reads `decoded`. `bits` is the evidence for that reading."""

    start: int
    end: int
    form: str
    decoded: str
    bits: float
