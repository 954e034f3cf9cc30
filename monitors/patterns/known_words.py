"""The words that some channel looks for, numbered: one look-up of each word of a text serves all channels."""

from __future__ import annotations

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
_SUFFIXES = ("'s", "'re", "'m", "'ll", "'ve", "'d")
# Those with "n't" have too many heads to be listed.
_CONTRACTIONS = " ".join(["let's", *(f"{word}{suffix}" for word in word_sets.PRONOUNS.split() for suffix in _SUFFIXES)])
# 0 is every other word.
NUMBERS = {
    word: at for at, word in enumerate(dict.fromkeys(" ".join((*_ALL, _CONTRACTIONS)).replace("|", " ").split()), 1)
}

# What a word is, as bits: all that is asked of the words of a text is then one look-up for each.
PRONOUN, FULL, NEGATED, NUMERAL, OPENING, JOINING, ENUMERATING, INTERJECTION, SYNONYM, SPELLING, CONTRACTED = (
    1 << bit for bit in range(11)
)
_KINDS = {
    PRONOUN: word_sets.PRONOUNS,
    FULL: word_sets.FULL,
    NEGATED: f"{word_sets.VERBS} can",
    NUMERAL: word_sets.NUMERALS,
    OPENING: word_sets.OPENING,
    JOINING: word_sets.JOINING,
    ENUMERATING: "and or",
    INTERJECTION: word_sets.INTERJECTIONS,
    SYNONYM: word_sets.SYNONYMS,
    SPELLING: word_sets.SPELLINGS,
    CONTRACTED: _CONTRACTIONS,
}


def _marks() -> npt.NDArray[np.uint16]:
    marks = np.zeros(len(NUMBERS) + 1, np.uint16)
    for kind, written in _KINDS.items():
        for word in set(written.replace("|", " ").split()):
            marks[NUMBERS[word]] |= kind
    return marks


MARKS = _marks()


def concepts(sets: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """For each number its set, -1 for none, and whether it is another than the usual form."""
    which, form = np.full(len(NUMBERS) + 1, -1), np.zeros(len(NUMBERS) + 1, np.uint8)
    for word, (concept, bit) in word_sets.table(sets).items():
        which[NUMBERS[word]], form[NUMBERS[word]] = concept, bit
    return which, form
