"""Sentences that are written in another language than a reader of the prompt expects."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from monitors.languages import exclusions, scripts
from monitors.languages.english import Reading
from monitors.languages.identification import NAMES, Language, identify, is_kin
from monitors.spans import Spans

# A sentence that reads worse than this, or holds few common words, is shown to the identifier.
_SUSPECT_BITS = 3.65
_ENGLISH_SHARE = 0.42
_FEWEST_LETTERS, _FEWEST_WORDS = 20, 4
_LEAST_CONFIDENCE = 0.7
_LEAST_WEIGHT = 9
_CLOSE = 6
# The languages of a script that has one or two; for others the identifier is asked.
_LANGUAGES_OF = {
    "Han": ("zh", "ja"),
    "Japanese": ("ja",),
    "Hangul": ("ko",),
    "Greek": ("el",),
    "Hebrew": ("he",),
    "Thai": ("th",),
    "Armenian": ("hy",),
    "Georgian": ("ka",),
    "Tamil": ("ta",),
}


class Switch(NamedTuple):
    """`text[start:end]` is in another language. `weight` is its size in letters of an alphabet."""

    start: int
    end: int
    code: str
    name: str
    confidence: float
    weight: int


class Expected:
    """The languages and scripts that the prompt is written in or asks for, beside those that readers know."""

    def __init__(self, prompt: str, known: Collection[str]) -> None:
        self.prompt, self._known = prompt, frozenset(known)
        self._codes: frozenset[str] | None = None
        self._scripts: frozenset[str] | None = None

    def has_code(self, code: str) -> bool:
        if self._codes is None:
            self._codes = self._known | _codes_of(self.prompt)
        return any(is_kin(code, known) for known in self._codes)

    def has_script(self, script: str) -> bool:
        if self._scripts is None:
            self._scripts = frozenset(run.script for run in scripts.runs(self.prompt))
        return script in self._scripts or any(self.has_code(code) for code in _LANGUAGES_OF.get(script, ()))


def switches(text: str, reading: Reading, steps: Sequence[tuple[int, int]], expected: Expected) -> Iterator[Switch]:
    """In the order of the text, by sentence for Latin letters and by run for other scripts."""
    yield from _by_script(text, expected)
    suspects = _suspects(reading, steps)
    blocks = exclusions.blocks(text) if suspects else []
    rest = []
    for start, end in suspects:
        sentence = text[start:end]
        if sentence in expected.prompt or any(start < last and first < end for first, last in blocks):
            continue
        clean = exclusions.without_quotes(exclusions.without_code(sentence), expected.prompt)
        whole = " ".join(scripts.without(clean).split())
        bare = exclusions.without_names(whole)
        if _n_letters(bare) >= _FEWEST_LETTERS and _has_words(bare):
            rest.append((start, end, clean, whole, bare))
    for (start, end, clean, whole, bare), reads_badly in zip(rest, _read_badly([one[-1] for one in rest]), strict=True):
        if reads_badly and (language := _of_sentence(whole, bare, expected)):
            yield Switch(start, end, language.code, language.name, language.confidence, _n_letters(clean))


def _suspects(reading: Reading, steps: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sentences that read badly and hold few common words: one pass over sums for all of them."""
    flat = np.array(steps.flat if isinstance(steps, Spans) else list(steps), np.int64).reshape(-1, 2)
    starts, ends = flat[:, 0], flat[:, 1]
    n_rated, bits = reading.rated(starts, ends)
    n_letters = n_rated - (reading.ends.searchsorted(ends) - reading.ends.searchsorted(starts))
    first, last = reading.starts.searchsorted(starts), reading.starts.searchsorted(ends)
    n_common = reading.sum_common[last] - reading.sum_common[first]
    found = (n_letters >= _FEWEST_LETTERS) & (bits >= _SUSPECT_BITS * n_rated)
    found &= n_common < _ENGLISH_SHARE * (last - first)
    return [(start, end) for start, end in flat[found].tolist()]


def _has_words(bare: str) -> bool:
    return sum(any(map(str.isalpha, word)) for word in bare.split()) >= _FEWEST_WORDS


def _read_badly(sentences: Sequence[str]) -> list[bool]:
    """Whether each sentence alone is a suspect; they are read together, two blanks apart."""
    if not sentences:
        return []
    ends = [length + 2 * at for at, length in enumerate(accumulate(map(len, sentences)))]
    spans = [(end - len(sentence), end) for sentence, end in zip(sentences, ends, strict=True)]
    found = set(_suspects(Reading("  ".join(sentences)), spans))
    return [span in found for span in spans]


def _of_sentence(whole: str, bare: str, expected: Expected) -> Language | None:
    found = identify(whole)
    if found.code == "en":
        return None
    again = found if bare == whole else identify(bare)
    confidence = min(found.confidence, again.confidence)
    # The prompt is asked last: it may have to be read first.
    if confidence < _LEAST_CONFIDENCE or not is_kin(found.code, again.code) or expected.has_code(found.code):
        return None
    return Language(found.code, confidence)


def _n_letters(text: str) -> int:
    return sum(map(str.isalpha, text))


def _by_script(text: str, expected: Expected) -> Iterator[Switch]:
    found = [
        run
        for run in _joined(scripts.runs(text))
        if run.weight >= _LEAST_WEIGHT
        and text[run.start : run.end] not in expected.prompt
        and not expected.has_script(run.script)
    ]
    for run in found:
        code, confidence = _LANGUAGES_OF.get(run.script, ("",))[0], 1.0
        if not code:
            code, confidence = identify(text[run.start : run.end])
        if not expected.has_code(code):
            name = f"{NAMES.get(code, code)}, {run.script} script"
            yield Switch(run.start, run.end, code, name, confidence, run.weight)


def _joined(runs: Iterator[scripts.Run]) -> list[scripts.Run]:
    """Runs of one script that only signs and line breaks part are one."""
    found: list[scripts.Run] = []
    for run in runs:
        if found and run.start - found[-1].end <= _CLOSE and found[-1].script == run.script:
            before = found.pop()
            run = scripts.Run(before.start, run.end, run.script, before.weight + run.weight)
        found.append(run)
    return found


def _codes_of(prompt: str) -> frozenset[str]:
    """Languages that the prompt is written in, sentence by sentence, or that it names."""
    found = {code for code, name in NAMES.items() if name in prompt}
    if not prompt:
        return frozenset(found)
    clean = exclusions.without_code(prompt)
    lines = [line.strip() for line in re.split(r"[.!?。！？\n]", clean)]
    for line in sorted(lines, key=len, reverse=True)[:20]:
        if sum(map(str.isalpha, line)) >= 6:
            language = identify(line)
            if language.confidence >= 0.4:
                found.add(language.code)
    return frozenset(found)
