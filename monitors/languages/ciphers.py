"""Letters put for letters (rot-n, Atbash) and letters or words in reverse, found by what they would read as.

For each way of writing g, each place t has the gain log2 p(g(text), t) / p(text, t) under the English model. A passage
is the stretch with the largest sum of gains; one lookup serves all ways, since each is a permutation of the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice

import numpy as np
import numpy.typing as npt

from monitors.languages.english import BLANK, N_SYMBOLS, Reading, tables
from monitors.languages.passage import Passage

# A stretch of this many characters is looked at when it reads worse than this; English prose has 3 bits.
_WINDOW, _SUSPECT_BITS = 32, 5.0
_MOST_GAIN = 6.0
# What sums of 4,096 gains in another order may differ by, and more.
_ROUNDING = 1.0
_FEWEST_LETTERS, _LEAST_GAIN, _MOST_BITS = 15, 45.0, 4.3
_LEAST_COMMON = 0.2
# In clean text the sum over a stretch of reversed word order stays below half of this.
_LEAST_REVERSED = 24.0
_REVERSED_STEP, _FEWEST_REVERSED = 0.3, 9
_LEAST_ONE_SIDED, _LEAST_DENSITY = 0.9, 1.5
REVERSED = "reversed letters"
# What bounds time and memory on a text that is one long cipher: characters looked at together, and how often.
_PIECE, _MOST_PIECES, _MOST_PASSAGES = 4096, 512, 8
_NO_GAIN = -4.0


def substituted(text: str, reading: Reading, /) -> Iterator[Passage]:
    """Passages in rot-1 to rot-25, in Atbash, or with their letters reversed, that read as English."""
    names, gains = _gains()
    for first, last in _promising(reading, gains):
        taken: list[tuple[int, int]] = []
        while len(taken) < _MOST_PASSAGES and (found := _best(reading, gains, first, last, taken)):
            row, start, end, gain = found
            taken.append((start, end))
            start, end = _to_words(text, reading, start, end)
            passage = Passage(start, end, names[row], decode(text[start:end], names[row]), gain)
            if _is_english(passage):
                yield passage


def decode(text: str, form: str) -> str:
    """The passage as it is to be read; its own inverse where the way of writing is."""
    if form == REVERSED:
        return _unreversed(text)
    letters = "abcdefghijklmnopqrstuvwxyz"
    shift = 0 if form == "Atbash" else int(form.removeprefix("rot"))
    target = letters[::-1] if form == "Atbash" else letters[-shift:] + letters[:-shift]
    return text.translate(str.maketrans(letters + letters.upper(), target + target.upper()))


def reversed_words(text: str, reading: Reading, /) -> Iterator[Passage]:
    """Passages whose words stand in reverse order."""
    # What words in reverse gain is known soon, but for rounding.
    if float(np.maximum(-reading.forward_pairs() - _REVERSED_STEP, 0.0).sum()) < _LEAST_REVERSED - _ROUNDING:
        return
    backward = -reading.forward()
    gain = backward - _REVERSED_STEP
    if float(np.maximum(gain, 0.0).sum()) < _LEAST_REVERSED:
        return
    for _ in range(_MOST_PASSAGES):
        sums = np.concatenate(([0.0], np.cumsum(gain)))
        rise = sums - np.minimum.accumulate(sums)
        last = int(rise.argmax())
        if rise[last] < _LEAST_REVERSED:
            return
        first = int(sums[:last].argmin())
        stretch = backward[first:last]
        # Scrambled words have pairs in either order; in a reversed text nearly all are reversed.
        if len(stretch) >= _FEWEST_REVERSED and stretch.sum() >= max(
            _LEAST_ONE_SIDED * np.abs(stretch).sum(), _LEAST_DENSITY * len(stretch)
        ):
            start, end = int(reading.starts[first]), int(reading.ends[last])
            decoded = " ".join(reversed(text[start:end].split()))
            yield Passage(start, end, "reversed words", decoded, float(rise[last]))
        gain[first:last] = -_LEAST_REVERSED


@cache
def _gains() -> tuple[list[str], npt.NDArray[np.float32]]:
    bits = tables().bits.reshape((N_SYMBOLS,) * 3)
    names, rows = [REVERSED], [bits.transpose(2, 1, 0)]
    for name, turned in [(f"rot{n}", (np.arange(26) - n) % 26) for n in range(1, 26)] + [
        ("Atbash", 25 - np.arange(26))
    ]:
        put = np.concatenate((turned, np.arange(26, N_SYMBOLS)))
        names.append(name)
        rows.append(bits[np.ix_(put, put, put)])
    gains = np.clip(bits[None] - np.stack(rows), -_MOST_GAIN, _MOST_GAIN)
    # Letters beyond a to z are no part of these ciphers: they end a passage.
    gains[:, :, :, N_SYMBOLS - 1] = _NO_GAIN
    # What is not rated, two blanks in a row, has no gain either.
    gains[:, :, BLANK, BLANK] = 0.0
    # All ways of one place together, as they are read.
    return names, np.ascontiguousarray(gains.reshape(len(names), -1).T, np.float32)


def _suspects(reading: Reading) -> list[tuple[int, int]]:
    """Stretches around windows that read badly."""
    n = len(reading.codes)
    if n < _FEWEST_LETTERS:
        return []
    at = np.arange(0, max(n - _WINDOW // 2, 1), _WINDOW // 2)
    until = np.minimum(at + _WINDOW, n)
    rated, bits = reading.rated(at, until)
    hot = np.flatnonzero((rated >= _FEWEST_LETTERS * 0.6) & (bits > _SUSPECT_BITS * rated))
    spans: list[tuple[int, int]] = []
    for place in hot.tolist():
        start, end = max(0, int(at[place]) - _WINDOW), min(n, int(until[place]) + _WINDOW)
        if spans and start <= spans[-1][1]:
            start = spans.pop()[0]
        spans.append((start, end))
    cut = ((at, min(at + _PIECE, end)) for start, end in spans for at in range(start, end, _PIECE))
    return list(islice(cut, _MOST_PIECES))


def _promising(reading: Reading, gains: npt.NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    """Suspects in which some way of writing has gains enough: no stretch gains more than all of them together."""
    waiting = _suspects(reading)
    while waiting:
        n = max(1, int(np.searchsorted(np.cumsum([last - first for first, last in waiting]), _PIECE, "right")))
        group, waiting = waiting[:n], waiting[n:]
        places = np.concatenate([reading.trigrams[first:last] for first, last in group])
        every = gains.take(places, axis=0)
        starts = np.cumsum([0, *(last - first for first, last in group[:-1])])
        sums = np.add.reduceat(np.maximum(every, 0.0, out=every), starts, axis=0)
        found = (sums.max(axis=1) >= _LEAST_GAIN - _ROUNDING).nonzero()[0]
        yield from (group[at] for at in found.tolist())


def _best(
    reading: Reading, gains: npt.NDArray[np.float32], first: int, last: int, taken: list[tuple[int, int]]
) -> tuple[int, int, int, float] | None:
    """The way of writing and the stretch with the largest gain, if that is enough."""
    every = gains.take(reading.trigrams[first:last], axis=0)
    # No stretch gains more than all gains of its way together: most ways end here, before the costly sums.
    ways = (np.maximum(every, 0.0).sum(axis=0) >= _LEAST_GAIN - _ROUNDING).nonzero()[0]
    if not len(ways):
        return None
    own = np.ascontiguousarray(every[:, ways].T)
    for start, end in taken:
        own[:, start - first : end - first] = -_MOST_GAIN
    sums = np.zeros((len(own), own.shape[1] + 1), np.float32)
    np.cumsum(own, axis=1, out=sums[:, 1:])
    rise = sums - np.minimum.accumulate(sums, axis=1)
    row, until = divmod(int(rise.argmax()), rise.shape[1])
    gain = float(rise[row, until])
    if gain < _LEAST_GAIN:
        return None
    begin = int(np.flatnonzero(sums[row, : until + 1] == sums[row, : until + 1].min())[-1])
    return int(ways[row]), first + begin, first + until, gain


def _to_words(text: str, reading: Reading, start: int, end: int) -> tuple[int, int]:
    """Whole words, without blanks at either end."""
    while start > 0 and reading.codes[start - 1] != BLANK and reading.codes[start] != BLANK:
        start -= 1
    while end < len(text) and reading.codes[end - 1] != BLANK and reading.codes[end] != BLANK:
        end += 1
    while start < end and reading.codes[start] == BLANK:
        start += 1
    while end > start and reading.codes[end - 1] == BLANK:
        end -= 1
    return start, end


def _is_english(passage: Passage) -> bool:
    read = Reading(passage.decoded)
    n, n_words = len(passage.decoded), len(read.starts)
    if read.n_letters(0, n) < _FEWEST_LETTERS or n_words < 3 or read.bits(0, n) > _MOST_BITS:
        return False
    # A loop over one word, or a list of variables, comes out as one common word again and again.
    n_distinct = len(set(read.common[read.common >= 0].tolist()))
    return n_distinct >= 2 and read.n_common(0, n) >= max(2.0, _LEAST_COMMON * n_words)


def _unreversed(text: str) -> str:
    """The whole passage backwards, or each word where the words stand in order."""
    whole = text[::-1]
    each = " ".join(word[::-1] for word in text.split(" "))
    return max((whole, each), key=lambda read: float(Reading(read).forward().sum()))
