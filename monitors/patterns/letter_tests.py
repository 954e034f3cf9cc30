"""Streams of letters against the law of clean texts: the tests of spelt text and of letters from an alphabet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from monitors.patterns import acrostics, letter_laws
from monitors.patterns.laws import openers
from monitors.patterns.letter_laws import Clean, Spelt
from monitors.patterns.room import MIN_SITES
from monitors.patterns.stream import Letters
from monitors.patterns.tested import Test

Numbers = npt.NDArray[np.int64]
# A payload begins somewhere: only so many sites are read, from the first; of the letters of words more.
MOST_SITES, MOST_WORDS = 144, 384
# Words are looked for where pairs of letters speak for a message at all.
_SCREEN = -1.5
# Below this evidence nobody asks whether the text changes its habits midway, which could only lower it.
_TELLING = 0.5
_LETTERED = np.array([chr(97 + at) for at in range(26)])


def letter_tests(texts: Sequence[Sequence[Letters]]) -> list[list[Test]]:
    """The tests of each text."""
    tests: list[list[Test]] = [[] for _ in texts]
    long = [(text, one) for text, own in enumerate(texts) for one in own if len(one.letters) >= MIN_SITES]
    for is_words, most in ((False, MOST_SITES), (True, MOST_WORDS)):
        group = [(text, one) for text, one in long if (one.channel == acrostics.WORDS) is is_words]
        if group:
            known = [openers(one.name) for _, one in group]
            clean = letter_laws.clean([one.letters[:most] for _, one in group], known)
            _add_letter_tests(tests, group, clean, is_words=is_words)
    return tests


def _add_letter_tests(
    tests: Sequence[list[Test]], group: Sequence[tuple[int, Letters]], clean: Clean, *, is_words: bool
) -> None:
    spelt = letter_laws.spelt(clean, letter_laws.PERIODS if is_words else 1)
    most = np.array([one.log_ratio for one in spelt])
    if not is_words:
        for row in (most > _SCREEN).nonzero()[0].tolist():
            worded = letter_laws.in_words(clean, row)
            if worded.log_ratio > most[row]:
                spelt[row], most[row] = worded, worded.log_ratio
        drawn = letter_laws.log_drawn(clean)
    telling = ((most if is_words else np.maximum(most, drawn)) > _TELLING).nonzero()[0]
    turns = np.zeros(len(group))
    if len(telling):
        turns[telling] = letter_laws.log_turns(clean, telling)
    for row, ((text, one), best, turn) in enumerate(zip(group, spelt, turns.tolist(), strict=True)):
        tests[text].append(_spelt(one, clean.letters[row], best, best.log_ratio - turn))
        if not is_words:
            tests[text].append(Test(f"{one.name}:drawn", float(drawn[row]) - turn, "", one.places, one.places + 1))


def _spelt(one: Letters, letters: Numbers, best: Spelt, ratio: float) -> Test:
    if ratio <= 0.0:
        return Test(f"{one.name}:spelt", ratio)
    places, text = one.places[np.sort(best.sites)], "".join(_LETTERED[letters[best.sites]])
    return Test(f"{one.name}:spelt", ratio, text, places, places + 1)
