"""What is counted in one transcript."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitors.vocabulary.background import background
from monitors.vocabulary.marks import Sentence, sentences
from monitors.vocabulary.words import END, once, words

Numbers = npt.NDArray[np.float64]


class Profile(NamedTuple):
    """`counts` of the frame's words; `surprise`, `squares`: sums over occurrences of the bits of both neighbours.

    All but `said` and `words` leave out sentences that stood in the transcript before.
    """

    sha256: str
    n_words: int
    counts: Numbers
    surprise: Numbers
    squares: Numbers
    said: tuple[Sentence, ...]
    unknown: Mapping[str, int]
    prompt: frozenset[str]
    words: Sequence[str]
    text: str


def profile(parts: Sequence[tuple[str, Sequence[tuple[int, int]]]], prompt: str) -> Profile:
    """From the texts of a transcript with their sentences."""
    known = background()
    text = "\n".join(part for part, _ in parts)
    everything = words(text)
    found = once(everything)
    ids = known.ids(found)
    n_frame = len(known.names)
    inside = ids < n_frame
    own = ids[inside]
    wide = np.concatenate(([n_frame], ids, [n_frame]))
    before, after = wide[:-2][inside], wide[2:][inside]
    bits = known.left[own, before] + known.right[own, after]
    return Profile(
        hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        len(found) - found.count(END),
        np.bincount(own, minlength=n_frame).astype(np.float64),
        np.bincount(own, bits, n_frame).astype(np.float64),
        np.bincount(own, bits * bits, n_frame).astype(np.float64),
        tuple(sentence for part, steps in parts for sentence in sentences(part, steps)),
        _unknown(found, known.known),
        frozenset(words(prompt)),
        everything,
        text,
    )


def _unknown(found: list[str], known: frozenset[str]) -> Counter[str]:
    new = set(found).difference(known, (END,))
    return Counter(word for word in found if word in new) if new else Counter()
