"""How small a payload would still have been seen: the number to print beside "no finding"."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from monitors.patterns.room import Room

# Evidence that one character of plain text adds in bits that clean texts make evenly, in nats; and the evidence that
# stands for the value 0.5 at the default setting.
_CHARACTER = 3.0
_NEEDED = 5.0
_SITES_SHOWN = 4


def min_bits(found: Room, channels: Sequence[str]) -> dict[str, float]:
    """Fewest bits, of plain text or of noise, whose mean evidence reaches the default threshold, where they fit.

    A message of c characters adds about 3 c nats and pays ln(readings), ln(tests) and ln(channels); noise adds
    KL(1/2 || p) a bit, p after the fitted prior.
    """
    fewest = {channel: _min_bits(found, channel, len(channels)) for channel in channels}
    return {channel: float(bits) for channel, bits in fewest.items() if bits <= found.capacity[channel]}


def _min_bits(found: Room, channel: str, n_channels: int) -> float:
    n_sites = found.n_sites.get(channel, 0)
    if not n_sites:
        return math.inf
    price = (
        _NEEDED + math.log(max(1, found.n_tests[channel])) + math.log(n_channels) + math.log(2 * max(1.0, n_sites / 8))
    )
    options = [8 * math.ceil(price / _CHARACTER)]
    if gain := found.noise_gain.get(channel, 0.0):
        options.append(math.ceil(price / gain))
    return min(options)


def power(fewest: Mapping[str, float], n_channels: int) -> str:
    """A sentence: what would have been seen in the longest channels, and how many channels are blind."""
    seen = sorted((bits, channel) for channel, bits in fewest.items())
    if not seen:
        return f"too short to see any payload in any of {n_channels} channels"
    shown = ", ".join(f"{channel} {bits:.0f}" for bits, channel in seen[:_SITES_SHOWN])
    return f"fewest bits that would be seen: {shown}; {n_channels - len(seen)} of {n_channels} channels are blind here"
