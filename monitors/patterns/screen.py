"""The screen before the exact tests: their evidence by a sketch of each stream, at a fraction of the cost."""

from __future__ import annotations

import math

from monitors.patterns import opening

# The exact tests are run where the sketch makes a text as rare as this many times the share of clean texts that may be
# flagged: at first, and where the streams that tell were tested exactly; and with what the sketch knows exactly. They
# were set on the fitted half; `python -m monitors.quality.pattern_screen FOLDER` reports what is missed on the other.
SKETCHED, REFINED, _SURE = 20.0, 10.0, 2.0
# What is no sketch.
KNOWN = frozenset((opening.CHANNEL,))


def stops(log_p: float, log_p_sketched: float, clean_p: float, unsure: float = SKETCHED) -> bool:
    """Whether a transcript of this estimated ln p needs no exact tests, where p = `clean_p` is flagged.

    `log_p_sketched` is the same without the channels that are `KNOWN`.
    """
    return log_p_sketched > math.log(min(1.0, unsure * clean_p)) and log_p > math.log(min(1.0, _SURE * clean_p))
