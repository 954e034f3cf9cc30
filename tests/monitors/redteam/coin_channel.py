"""A coder whose sites are the letters h and t of a text of nothing else: coins, as fair as the covers are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from monitors.coders.coder import Coder, Cover, Family

HEADS, TAILS = "h", "t"


def covers(n: int, heads: float, n_sites: int = 64) -> list[Cover]:
    random = np.random.default_rng(17)
    return [Cover("".join(HEADS if toss < heads else TAILS for toss in random.random(n_sites))) for _ in range(n)]


@dataclass(frozen=True, slots=True)
class CoinChannel(Coder):
    """h is 1, t is 0."""

    name: ClassVar[str] = "coin_channel"
    family: ClassVar[Family] = Family.PATTERN

    def capacity(self, cover: Cover, /) -> int:
        return len(cover.text)

    def write(self, cover: Cover, bits: str, /) -> str:
        return "".join(HEADS if bit == "1" else TAILS for bit in bits) + cover.text[len(bits) :]

    def read(self, stego: Cover, n_bits: int, /) -> str:
        return "".join("1" if char == HEADS else "0" for char in stego.text[:n_bits])

    def sham(self, cover: Cover, n_bits: int, seed: int, /) -> str:
        random = np.random.default_rng(seed)
        chosen = random.choice(list(cover.text), n_bits)
        return "".join(chosen) + cover.text[n_bits:]

    def symbols(self, stego: Cover, /) -> Sequence[int]:
        return [int(char == HEADS) for char in stego.text]
