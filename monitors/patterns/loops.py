"""What says nothing new: fenced code, and sentences that were there before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from monitors.patterns.places import Numbers

Steps = Sequence[tuple[int, int]] | Numbers
_MARKS, _BLANKS = ("```", "~~~"), " \t"
_FEW_WORDS = 4
# Four characters from the start of a sentence and four from its end: which side, how far, and which of them are
# looked at only where those before them are in the word.
_SIDES, _OFFSETS = np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.array([0, 1, 2, 3, -1, -2, -3, -4])
_NEAREST, _NEXT, _LAST, _INNER = [1, 5], [2, 6], [3, 7], [1, 2, 3, 5, 6, 7]
_WEIGHTS = np.left_shift(1, 8 * np.arange(8))
_APART = 0x1E3779B97F4A7C15


def without_fences(text: str, steps: Steps) -> tuple[str, Steps]:
    """Fenced code and the sentences inside it are blanked out, so that offsets stay."""
    pieces: list[str] = []
    done = 0
    for start, end in _fences(text):
        pieces += (text[done:start], _blanked(text[start:end]))
        done = end
    if not pieces:
        return text, steps
    text = "".join((*pieces, text[done:]))
    bounds = np.array(steps, np.int64).reshape(-1, 2)
    is_blank = [text[start:end].isspace() for start, end in bounds.tolist()]
    return text, bounds[~np.array(is_blank, np.bool_)]


def _fences(text: str) -> Iterator[tuple[int, int]]:
    """Lines from one that begins with a mark of code to one that is that mark, or to the end of the text."""
    # One character is found much sooner than three of it.
    marks = [mark for mark in _MARKS if mark[0] in text]
    at = 0
    while (opened := min([place for mark in marks if (place := text.find(mark, at)) >= 0], default=-1)) >= 0:
        start = text.rfind("\n", 0, opened) + 1
        if text[start:opened].strip(_BLANKS):
            at = opened + 1
            continue
        at = _closed(text, opened)
        yield start, at


def _closed(text: str, opened: int) -> int:
    """Where the line ends that closes what is opened there."""
    mark, end = text[opened : opened + len(_MARKS[0])], len(text)
    at = text.find("\n", opened)
    while at >= 0 and (at := text.find(mark, at + 1)) >= 0:
        start, stop = text.rfind("\n", 0, at) + 1, text.find("\n", at)
        stop = end if stop < 0 else stop
        if not text[start:at].strip(_BLANKS) and not text[at + len(mark) : stop].strip(_BLANKS):
            return stop
    return end


def without_loops(text: str, steps: Steps, begins: Sequence[int] = (0,)) -> tuple[str, Steps]:
    """Every sentence of some words that was there before in its text is blanked out; the k-th begins at `begins[k]`."""
    bounds = np.array(steps, np.int64).reshape(-1, 2)
    again = _again(text, bounds, begins)
    if not again:
        return text, steps
    pieces: list[str] = []
    done = 0
    for start, end in bounds[again].tolist():
        pieces += (text[done:start], _blanked(text[start:end]))
        done = end
    return "".join((*pieces, text[done:])), np.delete(bounds, again, axis=0)


def _again(text: str, bounds: Numbers, begins: Sequence[int]) -> list[int]:
    """Sentences of four words or more whose first three words and last two are those of one before in the text."""
    seen: set[tuple[int, *tuple[str, ...]]] = set()
    found = []
    numbers = np.array(begins).searchsorted(bounds[:, 0], side="right")
    some = _alike(text, bounds, numbers)
    each = zip(some.tolist(), numbers[some].tolist(), bounds[some].tolist(), strict=True)
    for at, number, (start, end) in each:
        sentence = text[start:end]
        # The words between need not be parted.
        words = sentence.split(None, _FEW_WORDS)
        key = (number, *words[:3], *sentence.rsplit(None, 2)[-2:])
        if len(words) >= _FEW_WORDS and key in seen:
            found.append(at)
        else:
            seen.add(key)
    return found


def _alike(text: str, bounds: Numbers, numbers: Numbers) -> Numbers:
    """Sentences whose first word begins and whose last word ends as those of another one in the text of this number."""
    if len(bounds) < 2:
        return np.zeros(0, np.int64)
    codes = _narrow(text)
    edges = bounds[:, _SIDES] + _OFFSETS
    near = codes.take(edges, mode="clip")
    # Beyond ASCII a character may be a blank: no more of the word is looked at.
    is_inside = (near > 32) & (near < 128)
    is_inside[:, _NEXT] &= is_inside[:, _NEAREST]
    is_inside[:, _LAST] &= is_inside[:, _NEXT]
    near[:, _INNER] *= is_inside[:, _INNER]
    # Two texts may come to share a key: more sentences are looked at then, and no other ones found.
    keys: Numbers = near @ _WEIGHTS ^ numbers * _APART
    order = keys.argsort()
    held = keys[order]
    pairs = (held[1:] == held[:-1]).nonzero()[0]
    is_one = np.zeros(len(keys), np.bool_)
    is_one[order[pairs]] = is_one[order[pairs + 1]] = True
    return is_one.nonzero()[0]


def _narrow(text: str) -> npt.NDArray[np.uint8]:
    """ASCII as it is and 128 for all else."""
    if text.isascii():
        return np.frombuffer(text.encode(), np.uint8)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return np.minimum(codes, 128).astype(np.uint8)


def _blanked(text: str) -> str:
    return "\n".join(" " * len(line) for line in text.split("\n"))
