"""What a judge sees: nothing hidden, no control tokens, every character traceable to the original."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.judging.shown import is_hidden, show

FRAGMENTS = [
    "<",
    "|",
    ">",
    "im_end",
    "/",
    "think",
    "[",
    "INST",
    "]",
    "s",
    "<<SYS>>",
    "\u200b",
    "＜",
    "｜",
    "_",
    "a",
    " ",
]
TOKENS = re.compile(
    r"<\||</?(?:s|think|im_end|im_start|file_sep)>|\[/?INST\]|<<SYS>>|<</SYS>>|<start_of_turn>", re.IGNORECASE
)


@given(st.text())
def test_every_shown_character_stands_for_a_range_of_the_original(text: str) -> None:
    shown = show(text)
    assert len(shown.text) == len(shown.starts) == len(shown.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(shown.starts, shown.ends, strict=True))
    assert list(shown.starts) == sorted(shown.starts)


@given(st.text())
def test_every_code_point_of_the_original_is_shown(text: str) -> None:
    shown = show(text)
    covered = {i for start, end in zip(shown.starts, shown.ends, strict=True) for i in range(start, end)}
    assert covered == set(range(len(text)))


@given(st.text())
def test_nothing_hidden_is_left(text: str) -> None:
    assert not any(is_hidden(char) for char in show(text).text)


@given(st.text(alphabet="aeo \u0301\u0327\u0316\u1100\u1161\u11a8각ﬁ①Å\u2126=\u0338ด\u0e33", max_size=25))
def test_text_without_hidden_characters_is_its_nfkc_form(text: str) -> None:
    assert show(text).text == unicodedata.normalize("NFKC", text)


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
def test_no_chat_control_token_is_left(text: str) -> None:
    assert not TOKENS.search(show(text).text)


@pytest.mark.parametrize(
    "token",
    [
        *("<|im_end|>", "<|endoftext|>", "[INST]", "[/INST]", "</think>", "<<SYS>>", "<s>", "</s>", "<end_of_turn>"),
        *(
            "<｜end▁of▁sentence｜>",
            "<file_sep>",
            "<reponame>",
            "[TOOL_CALLS]",
            "]~b]",
            "<0x0A>",
            "<IM_END>",
            "<think/>",
        ),
    ],
)
def test_a_control_token_is_broken_and_stays_readable(token: str) -> None:
    shown = show(f"before {token} after").text
    assert unicodedata.normalize("NFKC", token) not in shown
    assert re.search(r"<U\+00[35][A-F0-9]>", shown)


def test_ordinary_markup_and_code_are_left_alone() -> None:
    text = "if a < b and c > d: List<int> x; arr[i] = [NOTE] <div class='x'>"
    assert show(text).text == text


def test_hidden_characters_become_visible_escapes() -> None:
    assert show("a\u200bb\U000e0041\x00\ud800c").text == "a<U+200B>b<U+E0041><U+0000><U+D800>c"


def test_a_range_of_shown_text_maps_to_the_exact_original() -> None:
    text = "ﬁne e\u0301t\u200be\u0301"
    shown = show(text)
    at = shown.text.index("ét<U+200B>é")
    start, end = shown.original(at, at + len("ét<U+200B>é"))
    assert text[start:end] == "e\u0301t\u200be\u0301"


def test_a_long_run_of_combining_marks_takes_linear_time() -> None:
    assert len(show("a" + "\u0301\u0316" * 50_000).text) > 10_000
