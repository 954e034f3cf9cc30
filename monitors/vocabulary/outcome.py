"""What the presence of a word tells about the outcome of a transcript, corrected for the number of words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


class Information(NamedTuple):
    """Mutual information in bits, and its p-value over all words together (the largest of each permutation)."""

    bits: Numbers
    p: Numbers


def information(present: npt.NDArray[np.bool_], outcomes: Sequence[bool], *, n_permutations: int = 999) -> Information:
    """I(word is there ; outcome) of each word, with p-values that hold for all words at once.

    p = (1 + number of permutations of the outcomes whose largest information reaches the word's) / (1 + permutations).

    Parameters
    ----------
    present : (n_transcripts, n_words), whether the transcript has the word.
    outcomes : (n_transcripts,), as judged apart from the transcripts.

    Returns
    -------
    Information with (n_words,) bits in [0, 1] and p in (0, 1]; a small p says that word and outcome go together.

    References
    ----------
    Westfall and Young, "Resampling-Based Multiple Testing" (1993), single-step maxT.
    """
    x, y = present.astype(np.float64), np.asarray(outcomes, np.float64)
    if len(x) != len(y):
        raise ValueError(f"{len(x)} transcripts have {len(y)} outcomes")
    bits = _bits(x, y[None])[0]
    chooser = np.random.default_rng(0)
    shuffled = np.stack([chooser.permutation(y) for _ in range(n_permutations)])
    largest = np.concatenate([_bits(x, part).max(1, initial=0.0) for part in np.array_split(shuffled, 20) if len(part)])
    reached = (largest[None] >= bits[:, None] - 1e-12).sum(1)
    return Information(bits, (1.0 + reached) / (1.0 + len(largest)))


def _bits(x: Numbers, y: Numbers) -> Numbers:
    """(n_outcomes, n_words) from x (n, n_words) and y (n_outcomes, n)."""
    n = len(x)
    both = y @ x / n
    px, py = x.mean(0)[None], y.mean(1)[:, None]
    found: Numbers = np.zeros(both.shape)
    for joint, a, b in (
        (both, px, py),
        (px - both, px, 1.0 - py),
        (py - both, 1.0 - px, py),
        (1.0 - px - py + both, 1.0 - px, 1.0 - py),
    ):
        with np.errstate(divide="ignore", invalid="ignore"):
            found += np.where(joint > 1e-12, joint * np.log2(joint / (a * b)), 0.0)
    return np.maximum(found, 0.0)
