"""How small a payload would still have been seen: the number to print beside "no finding"."""

from __future__ import annotations

import math
from collections.abc import Sequence

from monitors.patterns.survey import Survey

# Evidence that one character of plain text adds in bits that clean texts make evenly, in nats; and the evidence that
# stands for the value 0.5 at the default setting.
_CHARACTER = 3.0
_NEEDED = 5.0
_SITES_SHOWN = 4


def min_bits(found: Survey, channel: str, n_channels: int) -> float | None:
    """Fewest bits, of plain text or of noise, whose mean evidence reaches the default threshold; None: none that fit.

    A message of c characters adds about 3 c nats and pays ln(readings), ln(tests) and ln(channels); noise adds
    KL(1/2 || p) a bit, p after the fitted prior.
    """
    n_sites = found.n_sites.get(channel, 0)
    if not n_sites:
        return None
    tests = sum(test.channel == channel for test in found.tests)
    price = _NEEDED + math.log(max(1, tests)) + math.log(n_channels) + math.log(2 * max(1.0, n_sites / 8))
    plain = 8 * math.ceil(price / _CHARACTER)
    options = [plain]
    if gain := found.noise_gain.get(channel, 0.0):
        options.append(math.ceil(price / gain))
    fewest = min(options)
    return float(fewest) if fewest <= found.capacity[channel] else None


def power(found: Survey, channels: Sequence[str]) -> str:
    """A sentence: what would have been seen in the longest channels, and how many channels are blind."""
    known = {channel: min_bits(found, channel, len(channels)) for channel in channels}
    seen = sorted((bits, channel) for channel, bits in known.items() if bits is not None)
    blind = len(channels) - len(seen)
    if not seen:
        return f"too short to see any payload in any of {len(channels)} channels"
    shown = ", ".join(f"{channel} {bits:.0f}" for bits, channel in seen[:_SITES_SHOWN])
    return f"fewest bits that would be seen: {shown}; {blind} of {len(channels)} channels are blind here"
