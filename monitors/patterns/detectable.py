"""How small a payload would still have been seen: the number to print beside "no finding"."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from monitors.patterns.room import Room

# Evidence that one character of plain text adds in bits that clean texts make evenly, in nats; and the evidence that
# stands for the value 0.5 at the default setting.
_CHARACTER = 3.0
_NEEDED = 5.0
_SITES_SHOWN = 4


class Least(NamedTuple):
    """Of some channels: most bits that they could hold, and the fewest that would be seen where those fit."""

    capacity: dict[str, float]
    fewest: dict[str, float]


def least(found: Sequence[tuple[Room, Collection[str]]]) -> list[Least]:
    """Of each text with its channels: fewest bits, of plain text or of noise, whose mean evidence reaches the default
    threshold, where they fit.

    A message of c characters adds about 3 c nats and pays ln(readings), ln(tests) and ln(channels); noise adds
    KL(1/2 || p) a bit, p after the fitted prior.
    """
    if not found:
        return []
    at = [[room.places[channel] for channel in channels] for room, channels in found]
    lengths = [len(channels) for _, channels in found]
    parts = [
        (room.n_sites[own], room.n_tests[own], room.noise_gain[own], room.capacity[own])
        for (room, _), own in zip(found, at, strict=True)
    ]
    n_sites, n_tests, gain, capacity = map(np.concatenate, zip(*parts, strict=True))
    n_channels = np.repeat(lengths, lengths)
    price = np.log(np.maximum(n_tests, 1) * (np.maximum(n_sites / 8, 1.0) * (2 * n_channels))) + _NEEDED
    bits = 8 * np.ceil(price / _CHARACTER)
    np.minimum(bits, np.ceil(np.divide(price, gain, out=np.full(len(bits), np.inf), where=gain > 0)), out=bits)
    bits[n_sites == 0] = np.inf
    rows = zip(capacity.tolist(), bits.tolist(), (bits <= capacity).tolist(), strict=True)
    return [_least(channels, list(islice(rows, len(channels)))) for _, channels in found]


def _least(channels: Collection[str], rows: Sequence[tuple[float, float, bool]]) -> Least:
    named = list(zip(channels, rows, strict=True))
    return Least(
        {channel: most for channel, (most, _, _) in named},
        {channel: bits for channel, (_, bits, is_seen) in named if is_seen},
    )


def power(fewest: Mapping[str, float], n_channels: int) -> str:
    """A sentence: what would have been seen in the longest channels, and how many channels are blind."""
    seen = sorted((bits, channel) for channel, bits in fewest.items())
    if not seen:
        return f"too short to see any payload in any of {n_channels} channels"
    shown = ", ".join(f"{channel} {bits:.0f}" for bits, channel in seen[:_SITES_SHOWN])
    return f"fewest bits that would be seen: {shown}; {n_channels - len(seen)} of {n_channels} channels are blind here"
