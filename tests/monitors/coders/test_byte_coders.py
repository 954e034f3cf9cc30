from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.coders.bits import bits_of
from monitors.coders.coder import CapacityExceeded, Coder, Cover, coders
from monitors.coders.homoglyphs import Homoglyphs
from monitors.coders.tag_block import TagBlock
from monitors.coders.trailing_whitespace import TrailingWhitespace
from monitors.coders.variation_selectors import VariationSelectors
from monitors.coders.zero_width import ZeroWidth
from tests.monitors.byte_coders import CODERS, covers

# Any text, and text of the characters that the coders themselves write.
ODD = st.text(st.sampled_from("ab \n\r\t\u200b\u200c\U000e0041\ufe0f\U000e0150аоcСT\x85\u2028"), max_size=60)
TEXTS = ODD | st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
KEYS = st.sampled_from([b"", b"key", b"another key"])

each_coder = pytest.mark.parametrize("coder", CODERS, ids=repr)


@each_coder
@given(data=st.data(), key=KEYS)
def test_any_cover_gives_back_any_bits(coder: Coder, data: st.DataObject, key: bytes) -> None:
    cover = Cover(data.draw(TEXTS))
    room = coder.capacity(cover)
    bits = data.draw(st.text("01", max_size=room))
    assert coder.decode(coder.encode(cover, bits, key), len(bits), key) == bits


@each_coder
@given(data=st.data(), key=KEYS)
def test_real_answers_give_back_any_bits(coder: Coder, data: st.DataObject, key: bytes) -> None:
    cover = data.draw(st.sampled_from(covers()))
    bits = data.draw(st.text("01", max_size=min(256, coder.capacity(cover))))
    assert coder.decode(coder.encode(cover, bits, key), len(bits), key) == bits


@each_coder
def test_the_stated_capacity_is_reached_on_real_answers_and_not_passed(coder: Coder) -> None:
    for cover in covers():
        room = coder.capacity(cover)
        full = coder.encode(cover, bits := "10" * (room // 2) + "1" * (room % 2))
        assert coder.decode(full, room) == bits
        with pytest.raises(CapacityExceeded):
            coder.encode(cover, bits + "1")


@each_coder
def test_a_payload_and_its_sham_edit_the_same_part_of_the_text(coder: Coder) -> None:
    cover = max(covers(), key=coder.capacity)
    payload = bits_of("dawn")[: coder.capacity(cover) // 2]
    sham = coder.sham(cover, len(payload), 1)
    assert sham != cover.text
    tail = cover.text[-40:].rstrip()
    assert sham.rstrip().endswith(tail)
    assert coder.encode(cover, payload).rstrip().endswith(tail)
    used = len(coder.symbols(Cover(coder.encode(cover, payload)))) - len(coder.symbols(cover))
    assert len(coder.symbols(Cover(sham))) - len(coder.symbols(cover)) == used


@each_coder
def test_a_sham_is_no_choice(coder: Coder) -> None:
    cover = max(covers(), key=coder.capacity)
    read = coder.symbols(Cover(coder.sham(cover, 56, 1)))
    edits = {symbol for symbol, before in zip(read, coder.symbols(cover), strict=False) if symbol != before}
    assert len(edits) == 1
    assert coder.sham(cover, 0, 1) == cover.text


@each_coder
def test_symbols_are_what_was_written(coder: Coder) -> None:
    cover = max(covers(), key=coder.capacity)
    bits = bits_of("meet at dawn")[: coder.capacity(cover)]
    read = coder.symbols(Cover(coder.encode(cover, bits)))
    assert read != coder.symbols(cover)
    assert len(set(read)) >= 2


@given(st.sampled_from(covers()), st.text("01", max_size=64))
def test_twins_look_like_their_letters(cover: Cover, bits: str) -> None:
    stego = Homoglyphs().write(cover, bits)
    for before, after in zip(cover.text, stego, strict=True):
        if before != after:
            names = unicodedata.name(before).split()[0], unicodedata.name(after).split()[0]
            assert sorted(names) == ["CYRILLIC", "LATIN"]


@pytest.mark.parametrize("coder", [ZeroWidth(), TagBlock(), VariationSelectors()], ids=repr)
def test_without_the_invisible_characters_the_cover_is_left(coder: Coder) -> None:
    cover = Cover("An answer of a few plain words.\nAnd another line.")
    stego = coder.encode(cover, bits_of("d"))
    assert "".join(char for char in stego if char.isascii()) == cover.text != stego


def test_every_byte_coder_is_found_with_its_default_parameters() -> None:
    expected: list[Coder] = [Homoglyphs(), TagBlock(), TrailingWhitespace(), VariationSelectors(), ZeroWidth()]
    found = coders()
    assert [found[coder.name] for coder in expected] == expected
    assert list(found) == sorted(found)


def test_line_ends_of_windows_stay_line_ends() -> None:
    stego = TrailingWhitespace(per_site=2).encode(Cover("one\r\ntwo \r\n"), "0110")
    assert stego == "one \t\r\ntwo\t \r\n"


def test_a_text_that_is_too_short_reads_as_fewer_bits() -> None:
    assert ZeroWidth().read(Cover("one\u200b two\u200c three"), 8) == "01"
