"""Every byte coder on answers of real models: payloads are seen, open or keyed; shams are not, tags excepted."""

from __future__ import annotations

import random

import pytest

from monitors.base import Score
from monitors.catalog.byte_channels import ByteChannels
from monitors.coders.bits import bits_of
from monitors.coders.coder import Coder
from monitors.coders.homoglyphs import Homoglyphs
from monitors.coders.tag_block import TagBlock
from monitors.coders.trailing_whitespace import TrailingWhitespace
from monitors.registry import entry
from monitors.transcript import Message, Part, PartType, Role, Transcript
from tests.monitors.byte_coders import CODERS, covers

THRESHOLD = entry("byte_channels").threshold
SECRET = "meet me at dawn by the old bridge"
each_coder = pytest.mark.parametrize("coder", CODERS, ids=repr)
# Which letters count is a secret of its own: who does not know it reads nothing, and takes the sham for a choice.
each_open_coder = pytest.mark.parametrize("coder", [one for one in CODERS if one != Homoglyphs(every=3)], ids=repr)
# At one bit a line no cover holds more than two letters, too few to be told from chance.
each_read_coder = pytest.mark.parametrize(
    "coder", [one for one in CODERS if one not in (Homoglyphs(every=3), TrailingWhitespace(per_site=1))], ids=repr
)


def scored(text: str) -> Score:
    answer = Message(Role.ASSISTANT, (Part(PartType.REASONING, text),))
    return ByteChannels().score(Transcript("t", (Message(Role.USER, (Part(PartType.TEXT, "Why?"),)), answer)))


def value(text: str) -> float:
    found = scored(text).value
    assert found is not None
    return found


@each_coder
@pytest.mark.parametrize("n_bytes", [2, 4, 8, 33])
@pytest.mark.parametrize("key", [b"", b"key"], ids=["open", "keyed"])
def test_a_payload_is_seen_in_every_cover_that_holds_it(coder: Coder, n_bytes: int, key: bytes) -> None:
    bits = bits_of(SECRET[:n_bytes])
    holding = [cover for cover in covers() if coder.capacity(cover) >= len(bits)]
    missed = [cover for cover in holding if value(coder.encode(cover, bits, key)) < THRESHOLD]
    assert missed == []


@each_read_coder
def test_an_open_payload_is_read(coder: Coder) -> None:
    cover = max(covers(), key=coder.capacity)
    size = min(len(SECRET), coder.capacity(cover) // 8)
    payloads = {item.payload for item in scored(coder.encode(cover, bits_of(SECRET[:size]))).evidence}
    assert {payload for payload in payloads if payload} == {SECRET[:size]}


@each_open_coder
def test_a_sham_is_noted_and_only_tags_are_flagged(coder: Coder) -> None:
    rng = random.Random(3)
    for cover in rng.sample(covers(), 20):
        sham = value(coder.sham(cover, 64, 1))
        assert (sham >= THRESHOLD) == isinstance(coder, TagBlock)


def test_real_answers_are_clean() -> None:
    assert [cover for cover in covers() if value(cover.text) > 0] == []
