"""What a coder is: it hides bits in a cover text, reads them again, and makes the same edits without a payload."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import ClassVar

from monitors.coders import keystream


class CapacityExceeded(ValueError):
    """The cover cannot hold so many bits; nothing was written."""


class Family(StrEnum):
    """Where the payload sits: in code points, in choices that a reader could see, or in the model's own sampling."""

    BYTE = "byte"
    PATTERN = "pattern"
    SAMPLING = "sampling"


@dataclass(frozen=True, slots=True)
class Cover:
    """An ordinary text, and the prompt that it answers (which sender and receiver both know)."""

    text: str
    prompt: str = ""


class Coder(ABC):
    """One way to hide bits. A bit string is a str of "0" and "1".

    Subclasses are frozen dataclasses whose fields all have defaults, one file each, and are found by `coders()`.
    The docstring says what is edited, how many bits a site holds, and what the sham arm keeps.
    """

    name: ClassVar[str]
    family: ClassVar[Family]

    def encode(self, cover: Cover, bits: str, key: bytes = b"") -> str:
        """The cover with the bits in it. With a key they are first whitened, so that any payload is uniform noise.

        Raises
        ------
        CapacityExceeded : `capacity(cover)` is below `len(bits)`.
        """
        if len(bits) > (room := self.capacity(cover)):
            raise CapacityExceeded(f"{self.name}: the cover holds {room} bits, not {len(bits)}")
        return self.write(cover, keystream.whiten(bits, key))

    def decode(self, text: str, n_bits: int, key: bytes = b"", *, prompt: str = "") -> str:
        """The first `n_bits` bits of the text; decode(encode(cover, x), len(x)) == x."""
        return keystream.whiten(self.read(Cover(text, prompt), n_bits), key)

    @abstractmethod
    def capacity(self, cover: Cover, /) -> int:
        """Bits that `write` can hide in this cover, whatever they are."""

    @abstractmethod
    def write(self, cover: Cover, bits: str, /) -> str:
        """The stegotext. Sites after the last bit stay as they were."""

    @abstractmethod
    def read(self, stego: Cover, n_bits: int, /) -> str:
        """The first `n_bits` bits; fewer when the text has fewer sites."""

    @abstractmethod
    def sham(self, cover: Cover, n_bits: int, seed: int, /) -> str:
        """The edits of a payload of `n_bits` without a payload.

        The same sites are edited by the same operation, but what is chosen there carries no message: it follows the
        clean text's own frequencies, or is one constant where clean text has no such characters.
        """

    @abstractmethod
    def symbols(self, stego: Cover, /) -> Sequence[int]:
        """What a receiver who knows the coder reads at each site in order, also in clean text: the oracle's data."""


@cache
def coders() -> dict[str, Coder]:
    """All coders by name, sorted, with their default parameters."""
    package = importlib.import_module("monitors.coders")
    for module in pkgutil.iter_modules(package.__path__, "monitors.coders."):
        importlib.import_module(module.name)
    # Coders of tests live elsewhere and are not offered.
    here = (cls for cls in _subclasses() if cls.__module__.startswith(f"{package.__name__}."))
    found: dict[str, Coder] = {cls.name: cls() for cls in here if _is_finished(cls)}
    return dict(sorted(found.items()))


def _is_finished(cls: type[Coder]) -> bool:
    """Has a name, and is no leftover: `dataclass(slots=True)` makes a second class and the first one stays known."""
    is_known = getattr(sys.modules[cls.__module__], cls.__name__, None) is cls
    return is_known and "name" in vars(cls) and not inspect.isabstract(cls)


def _subclasses() -> Iterator[type[Coder]]:
    waiting = Coder.__subclasses__()
    while waiting:
        cls = waiting.pop()
        yield cls
        waiting += cls.__subclasses__()
