from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.characters.kinds import Kind, found, kind_of, odd
from monitors.characters.lookalikes import LETTERS, MARKS_OF

# Every class of code points that the design names, by its own list (shared/design/monitors.md, M1).
NAMED = {
    Kind.ZERO_WIDTH: [*range(0x200B, 0x200E), *range(0x2060, 0x2065), 0xFEFF],
    Kind.DIRECTION: [0x200E, 0x200F, 0x061C, *range(0x202A, 0x202D), *range(0x2066, 0x206A)],
    Kind.OVERRIDE: [0x202D, 0x202E],
    Kind.UNSEEN: [0x00AD, 0x034F, 0x115F, 0x1160, 0x3164, 0xFFA0, 0x17B4, 0x17B5, 0x180E],
    Kind.SELECTOR: [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)],
    Kind.TAG: [*range(0xE0000, 0xE0080)],
    Kind.PRIVATE: [0xE000, 0xF8FF, 0xF0000, 0x10FFFD],
    Kind.UNASSIGNED: [0x0378, 0x2FE0, 0x9FFFF],
    Kind.SURROGATE: [0xD800, 0xDFFF],
    Kind.ANNOTATION: [0xFFF9, 0xFFFA, 0xFFFB],
    Kind.SPACE: [0x00A0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000],
    Kind.HYPHEN: [0x2010, 0x2011],
    Kind.CONTROL: [*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0)],
    Kind.LINE_END: [0x0D],
    Kind.LETTER: [0x0430, 0x0435, 0x0391, 0x03BF],
    Kind.MARK: [0x2217, 0x037E, 0xFF01],
    Kind.FORM: [0xFF21, 0x1D400, 0x24B6],
    Kind.QUOTE: [0x2019, 0x201C, 0x201D, 0x2026],
    Kind.DIGIT: [0xFF10, 0x1D7CE, 0x0660],
    Kind.LIGATURE: [0xFB00, 0xFB01],
    Kind.GREEK: [0x03B1, 0x03BD],
    Kind.COMBINING: [0x0300, 0x0336, 0x20D7],
}
ORDINARY = "azAZ09 \n\t—–‘»é ü ß ñ жщыэ λπθ ²₃½×÷√∑≤≠→✓ 的国 ア 한 ب א न 😀 € £ °"


@pytest.mark.parametrize("kind", NAMED)
def test_every_named_code_point_has_its_kind(kind: Kind) -> None:
    assert {point: kind_of(chr(point)) for point in NAMED[kind]} == dict.fromkeys(NAMED[kind], kind)


def test_ordinary_characters_have_none() -> None:
    assert found(odd(ORDINARY.encode())) == {}


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=60))
def test_found_is_what_each_character_is(text: str) -> None:
    kinds = found(odd(text.encode("utf-8", "surrogatepass")))
    expected = {char: kind for char in text if (kind := kind_of(char)) and char not in "\t\n"}
    # A pair of halves is one character after encoding.
    if not any(0xD800 <= ord(char) < 0xE000 for char in text):
        assert {char: kind for kind, chars in kinds.items() for char in chars} == expected


def test_no_letter_of_the_ascii_alphabet_is_a_look_alike() -> None:
    assert not any(char.isascii() for char in (*LETTERS, *MARKS_OF))
    assert all(plain.isascii() and len(plain) == 1 for plain in (*LETTERS.values(), *MARKS_OF.values()))


def test_look_alikes_are_letters_of_another_script() -> None:
    scripts = {unicodedata.name(char).split()[0] for char in LETTERS}
    assert scripts == {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}


def test_every_code_point_can_be_asked() -> None:
    assert sum(kind_of(chr(point)) is Kind.TAG for point in range(sys.maxunicode + 1)) == 128
