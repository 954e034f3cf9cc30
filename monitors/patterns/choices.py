"""Choices of words: synonyms, spellings, contractions, and numbers in digits or in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from monitors.patterns import known_words, word_sets
from monitors.patterns.known_words import FULL, NEGATED, NUMERAL, PRONOUN, SPELLING, SYNONYM
from monitors.patterns.layout import Layout
from monitors.patterns.places import Numbers
from monitors.patterns.stream import Bits, Stream, stream

_SYNONYMS = known_words.concepts(word_sets.SYNONYMS)
_SPELLINGS = known_words.concepts(word_sets.SPELLINGS)
_KINDS = {"choice.synonyms": (SYNONYM, _SYNONYMS), "choice.spellings": (SPELLING, _SPELLINGS)}
_CANNOT, _NOT, _US, _LET = (known_words.NUMBERS[word] for word in ("cannot", "not", "us", "let"))
_DIGITS = re.compile(r"(?<![\w.,$^{+\-*/=])(?:1[0-2]|\d) (?=[a-z]{3})")


@dataclass(frozen=True, slots=True)
class Concepts:
    """Which concept is named at each site, and whether by its usual form (0) or by another (1)."""

    name: str
    concepts: Numbers
    bits: Bits
    starts: Numbers
    ends: Numbers


def concepts(layout: Layout) -> Iterator[Concepts]:
    """Sites where a word of a set stands."""
    for name, (kind, (which, form)) in _KINDS.items():
        at = (layout.word_marks & kind).nonzero()[0]
        numbers = layout.word_numbers[at]
        yield Concepts(name, which[numbers], form[numbers], layout.word_starts[at], layout.word_ends[at])


def streams(layout: Layout) -> Iterator[Stream]:
    """1 for a contraction ("can't", "it's") where 0 is the full form; 1 for a number in a word."""
    yield _contractions(layout)
    yield _numerals(layout)


def _contractions(layout: Layout) -> Stream:
    numbers, marks, short = layout.word_numbers, layout.word_marks, layout.contracted_words
    full = (((marks[1:] & FULL) > 0) & ((marks[:-1] & PRONOUN) > 0)).nonzero()[0] + 1
    full = full[(numbers[full] != _US) | (numbers[full - 1] == _LET)]
    negated = (numbers[1:] == _NOT).nonzero()[0] + 1
    if len(first := layout.first_words):
        full, negated = full[~np.isin(full, first)], negated[~np.isin(negated, first)]
    negated = negated[(marks[negated - 1] & NEGATED) > 0]
    full = np.concatenate((full, negated))
    cannot = (numbers == _CANNOT).nonzero()[0]
    first, last = np.concatenate((short, cannot, full - 1)), np.concatenate((short, cannot, full))
    order = np.argsort(last)
    bits = (order < len(short)).view(np.uint8)
    return Stream(
        "choice.contractions/contracted", bits, layout.word_starts[first[order]], layout.word_ends[last[order]]
    )


def _numerals(layout: Layout) -> Stream:
    at = (layout.word_marks & NUMERAL).nonzero()[0]
    words = zip(layout.word_starts[at].tolist(), layout.word_ends[at].tolist(), repeat(1))
    table = np.array(sorted((*_digits(layout), *words)), np.int64).reshape(-1, 3)
    return stream("choice.numerals/word", table[:, 2], table[:, 0], table[:, 1])


def _digits(layout: Layout) -> Iterator[tuple[int, int, int]]:
    """Numbers up to twelve before a word."""
    starts, ends = layout.digit_runs
    following = layout.codes.take(ends, mode="clip")
    for start in starts[(ends - starts <= 2) & (following == 32)].tolist():
        if match := _DIGITS.match(layout.text, start):
            yield start, match.end() - 1, 0
