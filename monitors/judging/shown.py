"""Text as a judge may see it: normalised, nothing invisible, no control tokens, and mapped back to the original."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

# Drawn as nothing although Unicode does not class them as format characters: grapheme joiner, Hangul fillers,
# Khmer inherent vowels, Mongolian and other variation selectors, blank braille.
_BLANK = frozenset({0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}).union(
    range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)
)
_HIDDEN_CATEGORIES = frozenset(["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"])
_LAYOUT = frozenset("\n\t\r")
_MAX_CLUSTER = 30
_VISIBLE = re.compile(r"[\t\n\r -~]*")
_VISIBLE_BYTES = b"\t\n\r" + bytes(range(0x20, 0x7F))
# Visible ASCII stands for itself, but for a last character that what follows may combine with.
_RUN = re.compile(r"[\t\n\r -~]+(?![^\x00-\x7f])")

_TAGS = (
    "s|bos|eos|pad|unk|mask|cls|sep|think|thinking|thought|reasoning|analysis|answer|final|system|user|assistant|human|model|tool"
    "|tools|function|functions|invoke|parameter|image|audio|video|reponame|filename|endoftext|eot|eom|turn|begin|end"
    "|[a-z]+(?:_[a-z0-9]+)+|0x[0-9a-f]{2}"
)
_BRACKETS = "inst|sys|think|args|img|cls|sep|mask|pad|unk|bos|eos|prefix|suffix|middle|gmask|smask|[a-z]+(?:_[a-z]+)+"
# Only the first character is matched, so that tokens which overlap are all broken.
_CONTROL_TOKEN = re.compile(
    rf"<(?=\||/?(?:{_TAGS})\s*/?>|</?sys>)|\[(?=/?(?:{_BRACKETS})\])|\](?=~[a-z]\])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Shown:
    """`text[i]` stands for the original's code points `starts[i]:ends[i]`; several characters may stand for one."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def cut(self, start: int, end: int) -> Shown:
        return Shown(self.text[start:end], self.starts[start:end], self.ends[start:end])

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The original's range behind a non-empty range of shown characters."""
        # Pieces stand in the original's order.
        return self.starts[start], self.ends[end - 1]


def is_hidden(char: str) -> bool:
    """A character that a reader cannot see, line breaks and tabs excepted."""
    if char in _LAYOUT:
        return False
    return ord(char) in _BLANK or unicodedata.category(char) in _HIDDEN_CATEGORIES


def escaped(char: str) -> str:
    """The visible form of a character: `<U+E0041>`."""
    return f"<U+{ord(char):04X}>"


def show(text: str) -> Shown:
    """NFKC, hidden characters as visible escapes, and the first character of every chat-template token escaped."""
    if _stands_for_itself(text) and not _CONTROL_TOKEN.search(text):
        return Shown(text, range(len(text)), range(1, len(text) + 1))
    pieces, starts, ends = _pieces(text)
    plain = "".join(pieces)
    if len(plain) != len(pieces):
        # NUL never stands here on its own (it is hidden), so it can hold the place of an escape.
        plain = "".join([piece if len(piece) == 1 else "\0" for piece in pieces])
    elif not _CONTROL_TOKEN.search(plain):
        return Shown(plain, tuple(starts), tuple(ends))
    for match in _CONTROL_TOKEN.finditer(plain):
        pieces[match.start()] = escaped(pieces[match.start()])
    lengths = list(map(len, pieces))
    return Shown("".join(pieces), _each(starts, lengths), _each(ends, lengths))


def _stands_for_itself(text: str) -> bool:
    """Whether NFKC changes nothing, nothing is hidden, and no character combines with the one before it."""
    if _VISIBLE.fullmatch(text):
        return True
    rest = text.encode("utf-8", "surrogatepass").translate(None, _VISIBLE_BYTES).decode("utf-8", "surrogatepass")
    return all(map(_is_alone, set(rest))) and unicodedata.is_normalized("NFKC", text)


@lru_cache(4096)
def _is_alone(char: str) -> bool:
    return not is_hidden(char) and not unicodedata.combining(unicodedata.normalize("NFKD", char)[0])


def _each(places: Sequence[int], lengths: Sequence[int]) -> tuple[int, ...]:
    """Each place as often as its piece is long. Nearly all are one long, and are taken in runs."""
    found: list[int] = []
    done = 0
    for at in [at for at, length in enumerate(lengths) if length != 1]:
        found += places[done:at]
        found += [places[at]] * lengths[at]
        done = at + 1
    found += places[done:]
    return tuple(found)


def _pieces(text: str) -> tuple[list[str], list[int], list[int]]:
    """What is shown for each cluster, and where the cluster stands. Runs of visible ASCII are taken at once."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for run in (*_RUN.finditer(text), None):
        begin, end = run.span() if run else (len(text), len(text))
        # Whatever stands at either end of a run begins a cluster of its own, so the rest can be cut out.
        for first, last in _clusters(text[at:begin]):
            for piece in _piece(text[at + first : at + last]):
                pieces.append(piece)
                starts.append(at + first)
                ends.append(at + last)
        pieces.extend(text[begin:end])
        starts.extend(range(begin, end))
        ends.extend(range(begin + 1, end + 1))
        at = end
    return pieces, starts, ends


def _piece(cluster: str) -> list[str]:
    if len(cluster) == 1 and is_hidden(cluster):
        return [escaped(cluster)]
    normal = cluster if cluster.isascii() else unicodedata.normalize("NFKC", cluster)
    return [escaped(char) if is_hidden(char) else char for char in normal]


def _clusters(text: str) -> list[tuple[int, int]]:
    """Ranges that NFKC treats apart: normalising each and joining equals normalising the whole; hidden ones alone.

    Runs of combining marks are cut as in Stream-Safe Text (UAX 15): normalising them takes quadratic time.
    """
    clusters: list[tuple[int, int]] = []
    start = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or index - start > _MAX_CLUSTER or _is_boundary(text, start, index):
            clusters.append((start, index))
            start = index
    return clusters


def _is_boundary(text: str, start: int, index: int) -> bool:
    char = text[index]
    if char.isascii() or is_hidden(char) or is_hidden(text[index - 1]):
        return True
    if unicodedata.combining(unicodedata.normalize("NFKD", char)[0]):
        return False
    parts = (unicodedata.normalize("NFKC", text[start:index]), unicodedata.normalize("NFKC", char))
    return unicodedata.normalize("NFKC", text[start : index + 1]) == "".join(parts)
