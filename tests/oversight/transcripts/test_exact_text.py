"""Text that PostgreSQL cannot hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oversight.transcripts.exact_text import from_stored, is_storable, to_stored

ANY_TEXT = st.text(st.characters(codec=None) | st.sampled_from("\x00\ud800\udfff\ufffd"))


@given(ANY_TEXT)
def test_any_text_comes_back_and_what_is_stored_can_be_stored(text: str) -> None:
    stored, substitutions = to_stored(text)
    assert from_stored(stored, substitutions) == text
    assert len(stored) == len(text)
    assert is_storable(stored)


@pytest.mark.parametrize("text", ["", "plain", "\ufffd real", "e\u0301 is not é", "\r\n\t", "\U000e0041"])
def test_text_that_can_be_stored_is_left_alone(text: str) -> None:
    assert to_stored(text) == (text, "")


def test_a_replaced_character_is_told_from_a_real_replacement_character() -> None:
    assert to_stored("\x00\ufffd\ud83d\ude00") == ("\ufffd" * 4, "0000fffdd83dde00")
