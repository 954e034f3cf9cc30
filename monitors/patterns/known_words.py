"""The words that some channel looks for, numbered: one look-up of each word of a text serves all channels."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from monitors.patterns import word_sets

_ALL = (
    word_sets.SYNONYMS,
    word_sets.SPELLINGS,
    word_sets.NUMERALS,
    word_sets.VERBS,
    word_sets.PRONOUNS,
    word_sets.FULL,
    word_sets.NOT,
    word_sets.OPENING,
    word_sets.JOINING,
    word_sets.INTERJECTIONS,
)
# 0 is every other word.
NUMBERS = {word: at for at, word in enumerate(dict.fromkeys(" ".join(_ALL).replace("|", " ").split()), 1)}


def marked(words: Iterable[str]) -> npt.NDArray[np.bool_]:
    """Whether each number is one of these words."""
    marks = np.zeros(len(NUMBERS) + 1, np.bool_)
    marks[[NUMBERS[word] for word in words]] = True
    return marks


def concepts(sets: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """For each number its set, -1 for none, and whether it is another than the usual form."""
    which, form = np.full(len(NUMBERS) + 1, -1), np.zeros(len(NUMBERS) + 1, np.uint8)
    for word, (concept, bit) in word_sets.table(sets).items():
        which[NUMBERS[word]], form[NUMBERS[word]] = concept, bit
    return which, form
