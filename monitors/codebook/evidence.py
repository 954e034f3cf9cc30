"""Likelihood ratios of payloads against the law of clean texts: every reach from the first site, and their mixture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from monitors.codebook.clean_law import Clean
from monitors.codebook.payload_law import BITS, log_plain
from monitors.codebook.urns import Floats, Numbers, log_sum
from monitors.coders.framing import frame_length

# Shares of payloads that are words, words behind their own length, and noise.
SHARES = {"plain": 0.45, "framed": 0.05, "uniform": 0.5}
# Two bytes are the least that is called a payload.
LEAST_BITS = 16
_MOST_BITS = 1 << 15
# Evidence against every payload, in nats: one choice that none makes would be endless.
LEAST = -30.0
_LN_2 = math.log(2.0)


@dataclass(frozen=True, slots=True)
class Evidence:
    """`log_ratio` in nats, of all payloads together. `kind` is the loudest, `reach` its sites, `bits` what it says."""

    log_ratio: float
    kind: str
    reach: int
    bits: str


def evidence(received: Sequence[str | None], clean: Clean, law: Floats, *, is_uniform: bool = True) -> Evidence:
    """ln of the mean of P(choices | payload of this kind and reach) / P(choices | clean), no less than `LEAST`.

    Parameters
    ----------
    received : the bits that each site adds; None where no payload makes that choice.
    clean : what clean texts do at these sites.
    law : of `payload_law.byte_law`.
    is_uniform : whether noise is looked for too; not where clean texts are as even as noise.
    """
    n = next((place for place, own in enumerate(received) if own is None), len(received))
    bits = "".join(received[:n])  # type: ignore[arg-type]  # the first None is behind
    if len(bits) < LEAST_BITS:
        return Evidence(LEAST, "plain", 0, "")
    bits = bits[:_MOST_BITS]
    read = np.frombuffer(bits.encode(), np.uint8) & 1
    reaches = _reaches(tuple(map(len, received[:n])), len(bits))  # type: ignore[arg-type]
    lengths = reaches.lengths
    rest = clean.steady[: n + 1] - clean.law
    ratios = {"plain": reaches.plain + log_plain(read, law)[reaches.whole] + rest}
    if (framed := _framed(bits, read, lengths, law)) is not None:
        ratios["framed"] = framed + rest
    if is_uniform:
        ratios["uniform"] = reaches.uniform + rest
    together = {kind: float(log_sum(ratio)) + math.log(SHARES[kind]) for kind, ratio in ratios.items()}
    loudest = max(together, key=together.__getitem__)
    reach = int(ratios[loudest].argmax())
    log_ratio = max(LEAST, float(log_sum(np.array(list(together.values())))))
    return Evidence(log_ratio, loudest, reach, bits[: int(lengths[reach])])


class _Reaches(NamedTuple):
    """(n + 1,) bits and whole bytes before each site, and ln of what a reach to there has before it says anything."""

    lengths: Numbers
    whole: Numbers
    plain: Floats
    uniform: Floats


@lru_cache(maxsize=256)
def _reaches(widths: tuple[int, ...], most: int) -> _Reaches:
    lengths = np.minimum(np.cumsum([0, *widths]), most)
    whole = lengths // BITS
    by_bytes, by_bits = _prior(2.0 / (whole + 1.0)), _prior((LEAST_BITS - 1) / np.maximum(lengths, 1))
    plain = by_bytes - (lengths - BITS * whole) * _LN_2
    return _Reaches(lengths, whole, plain, np.logaddexp(by_bytes, by_bits) - (lengths + 1) * _LN_2)


def _prior(beyond: Floats) -> Floats:
    """ln of the prior of a reach, from what is left for longer ones; none where no further bit or byte ends."""
    left = np.minimum(1.0, np.concatenate([[1.0], beyond]))
    with np.errstate(divide="ignore"):
        found: Floats = np.log(left[:-1] - left[1:])
    return found


def _framed(bits: str, read: Numbers, lengths: Numbers, law: Floats) -> Floats | None:
    """The one reach that a header says; None where the text begins with none."""
    length = frame_length(bits)
    if length is None or length > len(bits):
        return None
    header = 2 * (len(bits) - len(bits.lstrip("0"))) + 1
    n_bytes, rest = divmod(length - header, BITS)
    if not n_bytes or rest:
        return None
    at = int(np.searchsorted(lengths, length))
    found = np.full(len(lengths), -np.inf)
    found[at] = log_plain(read[header:length], law)[-1] - (int(lengths[at]) - length) * _LN_2
    found[at] -= math.log(n_bytes * (n_bytes + 1.0))
    return found
