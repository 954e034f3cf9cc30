"""The distinct words of a text: a search for phrases asks for them first, since few texts hold the words of one."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Generic, TypeVar

_BYTES = bytes(byte if byte >= 0x80 or chr(byte).isalnum() or byte == ord("_") else ord(" ") for byte in range(256))
_AS_WORDS = _BYTES.lower()
# Longer ones are codes, or prose of a script without blanks: they hardly come again.
_LONG, _MOST = 40, 1 << 16

T = TypeVar("T")


def distinct(text: str, /) -> set[bytes]:
    """Runs of letters, digits and _ in UTF-8, ASCII ones small.

    What lies beyond ASCII counts as a letter: such a run may hold several words, and signs between them.
    """
    return set(_split(text))


def ordered(text: str, /) -> list[str]:
    """The same runs as text, in order and each as often as it stands there."""
    return list(map(decoded, _split(text)))


def decoded(word: bytes, /) -> str:
    return word.decode("utf-8", "surrogatepass")


def _split(text: str) -> list[bytes]:
    return text.encode("utf-8", "surrogatepass").translate(_AS_WORDS).split()


class Known(Generic[T]):
    """What is told of single words, together for those of a text. The words of texts are few, and come again."""

    def __init__(self, told: Callable[[bytes], frozenset[T]], /) -> None:
        self._told = told
        self._dull: set[bytes] = set()
        self._telling: dict[bytes, frozenset[T]] = {}

    def of(self, words: AbstractSet[bytes], /) -> frozenset[T]:
        """Most words tell nothing: those that are known to are left out at once."""
        rest = words - self._dull
        return frozenset[T]().union(*[self._telling.get(word) or self._first(word) for word in rest])

    def _first(self, word: bytes) -> frozenset[T]:
        told = self._told(word)
        if len(word) > _LONG:
            return told
        if len(self._dull) + len(self._telling) > _MOST:
            self._dull, self._telling = set(), {}
        if told:
            self._telling[word] = told
        else:
            self._dull.add(word)
        return told
