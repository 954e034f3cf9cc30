from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.segment import segment

# Every code point, lone surrogates and NUL included.
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=200)


def steps(text: str) -> list[str]:
    return [text[start:end] for start, end in segment(text)]


def test_sentences_and_lines_are_steps() -> None:
    assert steps("First. Second! Third?\nFourth\n\n  Fifth") == ["First.", "Second!", "Third?", "Fourth", "Fifth"]


def test_a_closing_quote_or_bracket_stays_with_its_sentence() -> None:
    assert steps('He said "no." (Really.) Then left.') == ['He said "no."', "(Really.)", "Then left."]


def test_a_decimal_point_does_not_end_a_step() -> None:
    assert steps("Pi is 3.14 here. Next.") == ["Pi is 3.14 here.", "Next."]


def test_the_marker_of_a_list_item_stays_with_its_item() -> None:
    assert steps("Plan:\n1. Add them. 2. Stop.\nb. Check") == ["Plan:", "1. Add them.", "2.", "Stop.", "b. Check"]


@pytest.mark.parametrize("text", ["", " \n\t ", "\n\n\n"])
def test_blank_text_has_no_steps(text: str) -> None:
    assert segment(text) == ()


@given(ANY_TEXT)
def test_steps_are_in_order_and_only_white_space_lies_between_them(text: str) -> None:
    position = 0
    for start, end in segment(text):
        assert position <= start < end <= len(text)
        assert not text[position:start].strip()
        assert text[start:end] == text[start:end].strip()
        position = end
    assert not text[position:].strip()
