"""Every way in which a shown text can be read by a judge that decodes: as it stands, and what its codes say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitors.characters.given import Given
from monitors.characters.habits import DEFAULT
from monitors.characters.lookalikes import LETTERS
from monitors.characters.scan import scan
from monitors.languages.ciphers import REVERSED, decode, reversed_words, substituted
from monitors.languages.encodings import encoded
from monitors.languages.english import Reading
from monitors.languages.spellings import leet

_ESCAPE = re.compile(r"<U\+([0-9A-F]{4,6})>")
# Letters one by one, and characters by their numbers.
_SPACED = re.compile(r"(?:\b\w[ ._\-*]{1,3}){11,}\w\b")
_NUMBERED = re.compile(r"\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})|%([0-9A-Fa-f]{2})|&#x?0*([0-9A-Fa-f]{2,5});")
_LOOKALIKES = str.maketrans(LETTERS)


def readings(shown: str, /) -> Iterator[str]:
    """The text, its look-alike letters in Latin, and what is encoded, in a cipher, reversed or hidden in it."""
    text = _ESCAPE.sub(_character, shown)
    plain = shown.translate(_LOOKALIKES)
    yield shown
    if plain != shown:
        yield plain
    if text != shown:
        # Without what cannot be seen, which may stand between any two letters.
        yield _ESCAPE.sub("", plain)
        yield from (finding.payload for finding in scan(text, Given(), DEFAULT) if finding.payload)
    for spaced in _SPACED.finditer(plain):
        yield re.sub(r"(\w)[ ._\-*](?=\w\b)", r"\1", spaced[0])
    if _NUMBERED.search(plain):
        yield _NUMBERED.sub(_numbered, plain)
    reading = Reading(plain)
    for passage in (*encoded(plain), *substituted(plain, reading), *reversed_words(plain, reading), *leet(plain)):
        yield passage.decoded
    # A short line is too little evidence of a cipher by itself; what it says when undone is evidence enough.
    yield decode(plain, "rot13")
    yield decode(plain, REVERSED)
    yield plain[::-1]


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
