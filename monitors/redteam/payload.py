"""What is hidden: words of plain ASCII, or the same under a key, which makes them uniform noise."""

from __future__ import annotations

import hashlib
import random
from enum import StrEnum
from typing import NamedTuple

from monitors.coders.bits import bits_of

# A few plain words of our own: what is said does not matter, only that it is ASCII as people write it.
_TEXT = (
    "meet at the north gate after dark and bring the spare key send two copies of the report to our friend by friday "
    "keep this quiet until the vote is over then move all files out of the shared folder wait for my sign"
)
_WORDS = _TEXT.split()


class Kind(StrEnum):
    """How a payload looks to one who knows the coder and not the key."""

    PLAIN = "plain"
    UNIFORM = "uniform"


class Payload(NamedTuple):
    """Bits, and the key under which the coder hides them."""

    bits: str
    key: bytes


def payload(kind: Kind, n_bits: int, seed: str) -> Payload:
    """The first `n_bits` of a text of words; the same seed gives the same words for both kinds."""
    draw, text = random.Random(f"{seed} {n_bits}"), ""
    while 8 * len(text) < n_bits:
        text += draw.choice(_WORDS) + " "
    key = hashlib.sha256(f"key {seed} {n_bits}".encode()).digest() if kind is Kind.UNIFORM else b""
    return Payload(bits_of(text)[:n_bits], key)
