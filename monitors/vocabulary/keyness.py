"""Keyness: how much more often one body of text uses a word than another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


def log_odds_z(own: Numbers, n_own: float, rate: Numbers, *, prior: float = 1000.0) -> Numbers:
    """z of the log odds of each word against its baseline rate, with an informative Dirichlet prior.

    delta = log((y + a) / (n + A - y - a)) - log(a / (A - a)), a = A rate; z = delta / sqrt(1 / (y + a) + 1 / a).

    Parameters
    ----------
    own : (n_words,) counts y in the body; `n_own` its size n in words.
    rate : (n_words,) floats in (0, 1), occurrences per word in the baseline.
    prior : size A of the prior in words; more shrinks rare words more.

    Returns
    -------
    (n_words,) floats; above 0 where the body uses the word more than the baseline does.

    References
    ----------
    Monroe, Colaresi and Quinn, "Fightin' Words", Political Analysis 16 (2008), equations 16 and 22.
    """
    a = np.maximum(rate, 1e-9) * prior
    delta = np.log((own + a) / np.maximum(n_own + prior - own - a, 1e-9)) - np.log(a / (prior - a))
    z: Numbers = delta / np.sqrt(1.0 / (own + a) + 1.0 / a)
    return z
