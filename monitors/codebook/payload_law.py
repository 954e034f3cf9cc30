"""What plain words do to the bits that a receiver reads: P(next byte | the byte before)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitors.codebook.urns import Floats, Numbers

# Lower-case letters and the blank: what words are made of. Then the shares of words, printable ASCII, and any bytes.
LETTERS = "abcdefghijklmnopqrstuvwxyz "
_CODES = [ord(letter) for letter in LETTERS]
_WORDS, _PRINTABLE, _ANY = 0.85, 0.14, 0.01
BITS = 8


class Characters(NamedTuple):
    """Counts in public texts: letters and blank after each other (27, 27), and printable ASCII (95,)."""

    pairs: Floats
    printable: Floats


def byte_law(characters: Characters) -> Floats:
    """(256, 256) ln P(byte | byte before); what is no letter counts as a blank before."""
    law = np.full((len(LETTERS), 256), _ANY / 256)
    law[:, 32:127] += _PRINTABLE * _shares(characters.printable)
    law[:, _CODES] += _WORDS * _shares(characters.pairs)
    rows = np.full(256, len(LETTERS) - 1)
    rows[_CODES] = np.arange(len(LETTERS))
    logs: Floats = np.log(law[rows])
    return logs


def _shares(counts: Floats) -> Floats:
    smoothed = counts + 0.5
    shares: Floats = smoothed / smoothed.sum(axis=-1, keepdims=True)
    return shares


def log_plain(bits: npt.NDArray[np.uint8], law: Floats, starts: Numbers) -> Floats:
    """(whole bytes + 1,) ln P(first k bytes) where the bits are words, eight a character.

    Texts stand behind each other; each begins at one of the bytes `starts`, as if behind a blank.
    """
    characters = np.packbits(bits)
    before = np.empty_like(characters)
    before[1:] = characters[:-1]
    before[starts] = 32
    found = np.zeros(len(characters) + 1)
    np.cumsum(law[before, characters], out=found[1:])
    return found
