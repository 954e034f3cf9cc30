"""What each channel reads, and where it says that it stands."""

from __future__ import annotations

import pytest

from monitors.patterns import acrostics, choices, digits, interjections, lengths, order, punctuation
from monitors.patterns.layout import Layout
from monitors.patterns.stream import Stream
from monitors.segment import segment


def _layout(text: str) -> Layout:
    return Layout.of(text, segment(text))


def _only(name: str, found: object) -> Stream:
    (one,) = [one for one in found if one.name == name]  # type: ignore[attr-defined]  # an iterator of streams
    return one  # type: ignore[no-any-return]  # as above


def test_first_and_last_letters_of_sentences_are_read_with_their_places() -> None:
    text = "Apples fall. 2. Bears run!\n- **Cats** sleep (deep)."
    found = {one.name: one for one in acrostics.letters(_layout(text))}
    first, last = found["acrostic.sentences/all"], found["telestic.sentences/all"]
    assert [text[place] for place in first.places] == ["A", "B", "C"]
    assert [text[place] for place in last.places] == ["l", "n", "p"]


def test_parity_of_words_in_a_sentence() -> None:
    found = _only("parity.sentences/all.words", lengths.streams(_layout("One two three. One two.")))
    assert found.bits.tolist() == [1, 0]


def test_fenced_code_and_repeated_sentences_are_left_out() -> None:
    text = "Alpha beta gamma delta.\n```\nxyz = 1\n```\nAlpha beta gamma delta.\nOmega ends it all."
    found = next(acrostics.letters(_layout(text)))
    assert [text[place] for place in found.places] == ["A", "O"]


def test_synonyms_are_usual_or_not() -> None:
    found = next(choices.concepts(_layout("We use a big hammer and utilize a large one.")))
    assert found.bits.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("text", "bits"),
    [("I can't and cannot.", [1, 0]), ("It is so; it's fine, don't.", [0, 1, 1]), ("We do not, isn’t it?", [0, 1])],
)
def test_contractions_stand_against_full_forms(text: str, bits: list[int]) -> None:
    assert _only("choice.contractions/contracted", choices.streams(_layout(text))).bits.tolist() == bits


def test_rank_of_a_list_is_its_lexicographic_number() -> None:
    text = "- pear\n- apple\n- fig\n"
    # Of apple, fig, pear: (pear, apple, fig) is number 4 of 0 to 5, cut to floor(log2 3!) = 2 bits.
    assert _only("order.alphabet/rank", order.streams(_layout(text), [""])).bits.tolist() == [0, 0]
    assert _only("order.alphabet/neighbours", order.streams(_layout(text), [""])).bits.tolist() == [1, 0]


def test_numbers_of_the_prompt_are_not_read() -> None:
    found = _only("digits.last/odd", digits.streams(_layout("From 37 and 48 we get 85, and 85 again."), ["37 48"]))
    assert found.bits.tolist() == [1]


def test_interjections_are_counted() -> None:
    found = _only("interjections/counts", interjections.streams(_layout("Hmm, wait, that is odd. It goes on and on.")))
    assert found.bits.tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("name", "text", "bits"),
    [
        ("commas/oxford", "We saw a, b, and c. We saw d, e and f.", [0, 1]),
        ("commas/and", "We ate, and we left and slept.", [1, 0]),
        ("commas/opener", "So, we go. Then we stop.", [1, 0]),
        ("quotes/curly", 'He said "no" and “yes”.', [0, 0, 1, 1]),
        ("quotes/apostrophe", "It's and it’s.", [0, 1]),
        ("dashes/long", "One — two - three.", [1, 0]),
        ("marks/ellipsis", "Well... so… on", [0, 1]),
        ("spaces/after_sentence", "End.  Start. Again.", [1, 0]),
        ("lists/glyph", "- one\n* two\n- three\n", [0, 1, 0]),
    ],
)
def test_marks_are_read(name: str, text: str, bits: list[int]) -> None:
    found = _only(f"punctuation.{name}", punctuation.streams(_layout(text)))
    assert found.bits.tolist() == bits
    assert all(0 <= start < end <= len(text) for start, end in zip(found.starts, found.ends, strict=True))
