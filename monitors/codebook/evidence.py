"""Likelihood ratios of payloads against the law of clean texts: every reach from the first site, and their mixture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitors.codebook.clean_law import Clean
from monitors.codebook.payload_law import BITS, log_plain
from monitors.codebook.urns import Choices, Floats, Numbers, log_sums
from monitors.coders.framing import frame_length

# Shares of payloads that are words, words behind their own length, and noise.
SHARES = {"plain": 0.45, "framed": 0.05, "uniform": 0.5}
_LN_SHARES = {kind: math.log(share) for kind, share in SHARES.items()}
# Two bytes are the least that is called a payload.
LEAST_BITS = 16
MOST_BITS = 1 << 15
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


NONE = Evidence(LEAST, "plain", 0, "")


class Received(NamedTuple):
    """What a coder's receiver reads in one row of choices.

    row : number of the row.
    bits : of the first sites, up to a choice that no payload makes.
    widths : how many bits each of these sites adds.
    is_uniform : whether noise is looked for too; not where clean texts are as even as noise.
    """

    row: int
    bits: str
    widths: bytes
    is_uniform: bool = True


def joined(bits: Sequence[str | None]) -> tuple[str, bytes]:
    """`bits` and `widths` of what each site adds; None where no payload makes that choice."""
    known: Sequence[str] = bits[: bits.index(None)] if None in bits else bits  # type: ignore[assignment]  # none is left
    return "".join(known), bytes(map(len, known))


def evidence(received: Sequence[Received], choices: Choices, clean: Clean, law: Floats) -> list[Evidence]:
    """ln of the mean of P(choices | payload of this kind and reach) / P(choices | clean), no less than `LEAST`.

    Parameters
    ----------
    received : what is read; several may read one row.
    choices, clean : what stands there, and what clean texts do there.
    law : of `payload_law.byte_law`.
    """
    streams = [one if len(one.bits) <= MOST_BITS else one._replace(bits=one.bits[:MOST_BITS]) for one in received]
    long = [stream for stream in streams if len(stream.bits) >= LEAST_BITS]
    if not long:
        return [NONE] * len(streams)
    found = iter(_of_long(long, choices, clean, law))
    return [next(found) if len(stream.bits) >= LEAST_BITS else NONE for stream in streams]


def _of_long(streams: Sequence[Received], choices: Choices, clean: Clean, law: Floats) -> list[Evidence]:
    n_sites = np.array([len(stream.widths) for stream in streams])
    ends = np.cumsum(n_sites)
    starts, rows = ends - n_sites, np.array([stream.row for stream in streams])
    lengths = _lengths(b"".join([stream.widths for stream in streams]), starts, n_sites)
    # A reach ends behind its last site; what comes then is as in clean texts.
    places = np.arange(ends[-1]) + (choices.starts[rows] - starts).repeat(n_sites)
    rest = clean.behind[places] - clean.laws[rows].repeat(n_sites)
    ratios = _ratios(lengths, starts, _plain(streams, lengths // BITS, n_sites, law)) + rest
    sums = log_sums(ratios, starts, n_sites).tolist()
    found = []
    for at, (stream, start, end) in enumerate(zip(streams, starts.tolist(), ends.tolist(), strict=True)):
        own, reaches = lengths[start:end], {"plain": ratios[0, start:end], "uniform": ratios[1, start:end]}
        together = {"plain": sums[0][at] + _LN_SHARES["plain"]}
        if (frame := _frame(stream.bits, own, law)) is not None:
            together["framed"] = frame[1] + float(rest[start + frame[0]]) + _LN_SHARES["framed"]
        if stream.is_uniform:
            together["uniform"] = sums[1][at] + _LN_SHARES["uniform"]
        loudest = max(together, key=together.__getitem__)
        reach = frame[0] if frame and loudest == "framed" else int(reaches[loudest].argmax())
        log_ratio = max(LEAST, _log_sum(list(together.values())))
        found.append(Evidence(log_ratio, loudest, reach + 1, stream.bits[: int(own[reach])]))
    return found


def _lengths(widths: bytes, starts: Numbers, n_sites: Numbers) -> Numbers:
    """Bits before the end of each site, in its stream."""
    own = np.frombuffer(widths, np.uint8)
    sums = own.cumsum(dtype=np.int64)
    found: Numbers = np.minimum(sums - (sums[starts] - own[starts]).repeat(n_sites), MOST_BITS)
    return found


def _plain(streams: Sequence[Received], whole: Numbers, n_sites: Numbers, law: Floats) -> Floats:
    """(n,) ln P of the whole bytes before the end of each site, if they are words."""
    # Every stream begins with a byte of its own.
    padded = [stream.bits.ljust(-(-len(stream.bits) // BITS) * BITS, "0") for stream in streams]
    n_bytes = np.array([len(bits) // BITS for bits in padded])
    starts = np.cumsum(n_bytes) - n_bytes
    sums = log_plain(_read("".join(padded)), law, starts)
    found: Floats = sums[starts.repeat(n_sites) + whole] - sums[starts].repeat(n_sites)
    return found


def _ratios(lengths: Numbers, starts: Numbers, plain: Floats) -> Floats:
    """(2, n) ln P of the bits before the end of each site and of a reach that ends there: of words, and of noise."""
    whole = lengths // BITS
    by_bytes = _prior(2.0 / (whole.astype(np.float64) + 1.0), starts)
    by_bits = _prior((LEAST_BITS - 1.0) / np.maximum(lengths, 1.0), starts)
    with np.errstate(divide="ignore"):
        logs: Floats = np.log([by_bytes, by_bytes + by_bits])
    logs[0] += plain - (lengths - BITS * whole) * _LN_2
    logs[1] -= (lengths + 1) * _LN_2
    return logs


def _prior(beyond: Floats, starts: Numbers) -> Floats:
    """The prior of a reach, from what is left for longer ones; none where no further bit or byte ends."""
    left = np.minimum(1.0, beyond)
    before = np.concatenate([[1.0], left[:-1]])
    before[starts] = 1.0
    found: Floats = before - left
    return found


def _frame(bits: str, lengths: Numbers, law: Floats) -> tuple[int, float] | None:
    """The one site where a payload ends as a header says, and ln P of it; None where the text begins with no header."""
    length = frame_length(bits)
    if length is None or length > len(bits):
        return None
    header = 2 * (len(bits) - len(bits.lstrip("0"))) + 1
    n_bytes, rest = divmod(length - header, BITS)
    if not n_bytes or rest:
        return None
    at = int(np.searchsorted(lengths, length))
    log_p = (
        float(log_plain(_read(bits[header:length]), law, np.zeros(1, np.int64))[-1])
        - (int(lengths[at]) - length) * _LN_2
    )
    return at, log_p - math.log(n_bytes * (n_bytes + 1.0))


def _read(bits: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(bits.encode(), np.uint8) & np.uint8(1)


def _log_sum(values: Sequence[float]) -> float:
    most = max(values)
    return most + math.log(sum([math.exp(value - most) for value in values]))
