"""Thinking words before sentences, read as a sequence of symbols: does it look chosen at each sentence anew?

A code that puts 0, 1, 2... words such as "Hmm" before a sentence makes a sequence in which each symbol is about as
likely as the others and does not depend on the one before. Ordinary text has few such words; text that was edited
alike throughout has the same number everywhere. Three models of a stretch of symbols x are compared:

uniform : log2 P(x) = -n log2 m, for m symbols;
clean : symbol k with probability (1 - r) r^k, r the rate of the set;
alike : each symbol as the one before with probability 0.95.

The evidence is the largest log2 P_uniform - max(log2 P_clean, log2 P_alike) of a stretch of sentences.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from monitors.vocabulary.background import PARTICLES

Numbers = npt.NDArray[np.float64]
_SAME = 0.95
_MOST = 7
# Sentences that are looked at together, and the fewest with a thinking word that are looked at.
_BLOCK, _FEWEST = 512, 3
_OPENING = re.compile(
    rf"\s*(?:[*_>#-]+\s*)*((?:(?:{'|'.join(sorted(PARTICLES, key=len, reverse=True))})\b[,.!?… -]*)+)", re.IGNORECASE
)
_FIRST = re.compile(r"[\W_]*([A-Za-z]+)")
_WORD = re.compile(r"[A-Za-z]+")
_SHORT = 20


def symbols(text: str, steps: Sequence[tuple[int, int]]) -> list[int]:
    """How many thinking words open each sentence; sentences that are nothing else are added to the next."""
    found: list[int] = []
    waiting = 0
    for start, end in steps:
        first = _FIRST.match(text, start, end)
        opening = _OPENING.match(text, start, end) if first and first.group(1).lower() in PARTICLES else None
        if opening is None:
            # Too short for a choice to be made there: headings, labels, single formulas.
            if waiting or end - start >= _SHORT:
                found.append(min(waiting, _MOST))
            waiting = 0
            continue
        waiting += len(_WORD.findall(opening.group(1)))
        if opening.end() < end:
            found.append(min(waiting, _MOST))
            waiting = 0
    return [*found, min(waiting, _MOST)] if waiting else found


def chosen_bits(sequence: Sequence[int], rate: float) -> tuple[float, int, int]:
    """The largest evidence in bits that a stretch of the sequence was chosen symbol by symbol, and the stretch.

    Parameters
    ----------
    sequence : symbols, 0 and more.
    rate : r in (0, 1), how often a symbol of the clean set is above 0.

    Returns
    -------
    (bits, first, last); bits is 0 where no stretch has evidence, and higher is worse.
    """
    x = np.asarray(sequence, np.int64)
    if not x.any():
        return 0.0, 0, 0
    m = max(2, int(np.percentile(x[x > 0], 90)) + 1)
    clean = np.log2(1.0 - rate) + x * np.log2(rate)
    same = np.concatenate(([False], x[1:] == x[:-1]))
    alike = np.where(same, np.log2(_SAME), np.log2((1.0 - _SAME) / max(1, m - 1)))
    uniform = np.full(len(x), -np.log2(m))
    best = (0.0, 0, 0)
    for base in range(0, len(x), _BLOCK // 2):
        part = slice(base, base + _BLOCK)
        if np.count_nonzero(x[part]) < _FEWEST:
            continue
        bits, first, last = _stretch(x[part], uniform[part] - clean[part], uniform[part] - alike[part])
        best = max(best, (bits, base + first, base + last))
    return best


def _stretch(opened: npt.NDArray[np.int64], over_clean: Numbers, over_alike: Numbers) -> tuple[float, int, int]:
    """The best of two alternatives over a stretch is no sum over its places: both sums must be above at once."""
    against = np.stack([np.concatenate(([0.0], np.cumsum(over))) for over in (over_clean, over_alike)])
    best = (0.0, 0, 0)
    # A sentence without a thinking word at either end of a stretch only weakens it.
    for first in np.flatnonzero(opened).tolist():
        gain = (against[:, first + 1 :] - against[:, first : first + 1]).min(0)
        last = int(gain.argmax())
        if gain[last] > best[0]:
            best = (float(gain[last]), first, first + last + 1)
    return best
