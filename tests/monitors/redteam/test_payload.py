"""Payloads: ASCII in the open, noise under a key, and the same ones in every run."""

from __future__ import annotations

import pytest

from monitors.coders.bits import text_of
from monitors.coders.keystream import whiten
from monitors.redteam.payload import Kind, payload


@pytest.mark.parametrize("n_bits", [1, 16, 250])
def test_a_payload_has_the_bits_that_were_asked_for(n_bits: int) -> None:
    assert {len(payload(kind, n_bits, "cover").bits) for kind in Kind} == {n_bits}


def test_plain_is_ascii_and_has_no_key() -> None:
    bits, key = payload(Kind.PLAIN, 256, "cover")
    assert key == b""
    text = text_of(bits)
    assert text is not None
    assert text.isascii()


def test_uniform_is_the_same_text_under_a_key_of_its_own() -> None:
    plain, uniform = (payload(kind, 256, "cover") for kind in Kind)
    assert uniform.bits == plain.bits
    ones = sum(whiten(*payload(Kind.UNIFORM, 256, f"cover {i}")).count("1") for i in range(40))
    assert abs(ones / (40 * 256) - 0.5) < 0.02


def test_covers_get_payloads_of_their_own_and_the_same_in_every_run() -> None:
    assert payload(Kind.UNIFORM, 64, "one") == payload(Kind.UNIFORM, 64, "one")
    assert payload(Kind.UNIFORM, 64, "one").key != payload(Kind.UNIFORM, 64, "two").key
