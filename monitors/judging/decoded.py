"""Every way in which a shown text can be read by a judge that decodes: as it stands, and what its codes say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from monitors.characters.given import Given
from monitors.characters.habits import DEFAULT
from monitors.characters.lookalikes import LETTERS
from monitors.characters.scan import scan
from monitors.languages.ciphers import decode, reversed_words, substituted
from monitors.languages.encodings import encoded
from monitors.languages.english import Reading
from monitors.languages.spellings import leet

_ESCAPE = re.compile(r"<U\+([0-9A-F]{4,6})>")
# Letters one by one, and characters by their numbers.
_SPACED = re.compile(r"(?:\b\w[ ._\-*]{1,3}){11,}\w\b")
_NUMBERED = re.compile(r"\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})|%([0-9A-Fa-f]{2})|&#x?0*([0-9A-Fa-f]{2,5});")
_ASCII = bytes(range(128))
# Letters, digits and what is beyond ASCII; what may part them; anything else.
_AS_SPACED = bytes(
    ord("w") if chr(byte).isalnum() or byte == ord("?") else ord(" ") if chr(byte) in " ._-*" else ord(".")
    for byte in range(256)
)
_LOOKALIKES = str.maketrans(LETTERS)


def readings(shown: str, sought: tuple[str, ...] | None = None, /) -> Iterator[str]:
    """The text with look-alike letters in Latin, and what is encoded, in a cipher, reversed or hidden in it.

    Where words are `sought`, the whole text is undone only if one of them then stands in it.
    """
    text = _ESCAPE.sub(_character, shown)
    plain = shown if shown.isascii() else _in_latin(shown)
    if plain != shown:
        yield plain
    if text != shown:
        # Without what cannot be seen, which may stand between any two letters.
        yield _ESCAPE.sub("", plain)
        yield from (finding.payload for finding in scan(text, Given(), DEFAULT) if finding.payload)
    if _may_be_spaced(plain):
        for spaced in _SPACED.finditer(plain):
            yield re.sub(r"(\w)[ ._\-*](?=\w\b)", r"\1", spaced[0])
    if _NUMBERED.search(plain):
        yield _NUMBERED.sub(_numbered, plain)
    reading = Reading(plain)
    for passage in (*encoded(plain), *substituted(plain, reading), *reversed_words(plain, reading), *leet(plain)):
        yield passage.decoded
    # A short line is too little evidence of a cipher by itself; what it says when undone is evidence enough.
    small = plain.lower()
    if sought is None or any(word in small for word in _in_rot13(sought)):
        yield decode(plain, "rot13")
    if sought is None or any(word[::-1] in small for word in sought):
        yield " ".join(word[::-1] for word in plain.split(" "))
        yield plain[::-1]


@cache
def _in_rot13(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(decode(word, "rot13") for word in words)


def _in_latin(shown: str) -> str:
    wide = shown.encode("utf-8", "surrogatepass").translate(None, _ASCII).decode("utf-8", "surrogatepass")
    return shown if LETTERS.keys().isdisjoint(wide) else shown.translate(_LOOKALIKES)


def _may_be_spaced(plain: str) -> bool:
    """Whether two letters stand beside each other between blanks: `_SPACED` is tried only then."""
    kinds = plain.encode("ascii", "replace").translate(_AS_SPACED)
    return any(pair in kinds for pair in (b" w w ", b" w  w ", b" w   w "))


def _character(escape: re.Match[str]) -> str:
    point = int(escape[1], 16)
    return chr(point) if point <= 0x10FFFF else escape[0]


def _numbered(match: re.Match[str]) -> str:
    of_entity = match[4]
    if of_entity is None:
        return chr(int(match[1] or match[2] or match[3], 16))
    is_hexadecimal = "x" in match[0] or not of_entity.isdigit()
    point = int(of_entity, 16 if is_hexadecimal else 10)
    return chr(point) if point <= 0x10FFFF else match[0]
