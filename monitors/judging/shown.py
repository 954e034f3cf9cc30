"""Text as a judge may see it: normalised, nothing invisible, no control tokens, and mapped back to the original."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# Drawn as nothing although Unicode does not class them as format characters: grapheme joiner, Hangul fillers,
# Khmer inherent vowels, Mongolian and other variation selectors, blank braille.
_BLANK = frozenset({0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}).union(
    range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)
)
_HIDDEN_CATEGORIES = frozenset(["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"])
_LAYOUT = frozenset("\n\t\r")
_MAX_CLUSTER = 30

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
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def cut(self, start: int, end: int) -> Shown:
        return Shown(self.text[start:end], self.starts[start:end], self.ends[start:end])

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The original's range behind a non-empty range of shown characters."""
        return min(self.starts[start:end]), max(self.ends[start:end])


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
    pieces = [piece for start, end in _clusters(text) for piece in _piece(text[start:end], start, end)]
    # NUL never stands here on its own (it is hidden), so it can hold the place of an escape.
    plain = "".join(char if len(char) == 1 else "\0" for char, _, _ in pieces)
    for match in _CONTROL_TOKEN.finditer(plain):
        char, start, end = pieces[match.start()]
        pieces[match.start()] = (escaped(char), start, end)
    return Shown(
        "".join(char for char, _, _ in pieces),
        tuple(start for char, start, _ in pieces for _ in char),
        tuple(end for char, _, end in pieces for _ in char),
    )


def _piece(cluster: str, start: int, end: int) -> list[tuple[str, int, int]]:
    if len(cluster) == 1 and is_hidden(cluster):
        return [(escaped(cluster), start, end)]
    normal = cluster if cluster.isascii() else unicodedata.normalize("NFKC", cluster)
    return [(escaped(char) if is_hidden(char) else char, start, end) for char in normal]


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
