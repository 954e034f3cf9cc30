"""Draws that can be repeated: the same item under the same rules is always drawn, or never."""

from __future__ import annotations

import hashlib


def uniform(*seed: object) -> float:
    """A number in [0, 1) that depends on the seed alone."""
    digest = hashlib.sha256("\0".join(str(one) for one in seed).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def is_drawn(share: float, *seed: object) -> bool:
    """True for about this share of all seeds."""
    return uniform(*seed) < share
