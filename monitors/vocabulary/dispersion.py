"""How unevenly words are spread over transcripts, and how unlikely a count is under such a spread."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


def fano(counts: Numbers) -> Numbers:
    """Index of dispersion, variance / mean of the counts over transcripts; 1 for Poisson, more is burstier.

    counts : (n_transcripts, n_words). Returns (n_words,), 0 for words that do not occur.

    References
    ----------
    Church and Gale, "Poisson mixtures", Natural Language Engineering 1 (1995).
    """
    mean = counts.mean(0)
    found: Numbers = np.where(mean > 0, counts.var(0) / np.maximum(mean, 1e-12), 0.0)
    return found


def katz(counts: Numbers) -> Numbers:
    """Burstiness: mean count in the transcripts that have the word at all; at least 1, 0 for words that do not occur.

    References
    ----------
    Katz, "Distribution of content words and phrases in text and language modelling", NLE 2 (1996).
    """
    having = (counts > 0).sum(0)
    found: Numbers = np.where(having > 0, counts.sum(0) / np.maximum(having, 1), 0.0)
    return found


def excess_bits(counts: Numbers, expected: Numbers, spread: Numbers) -> Numbers:
    """-log2 P(X >= count) for negative binomial X with mean `expected` and variance m + spread m^2.

    Returns
    -------
    (n_words,) floats of 0 and more; more is less likely; 0 for counts that are not above what is expected.
    """
    from scipy.special import betainc

    found = np.zeros(len(counts))
    there = np.flatnonzero(counts > expected)
    size = 1.0 / np.maximum(spread[there], 1e-6)
    p = betainc(counts[there], size, expected[there] / (expected[there] + size))
    found[there] = np.maximum(0.0, -np.log2(np.maximum(p, 1e-300)))
    return found
