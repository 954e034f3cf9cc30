"""The fast ways in which a text is taken apart find what plain expressions find, on texts made to trip them up."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitors.patterns import choices, digits, interjections, known_words, loops, order, punctuation, word_sets
from monitors.patterns.layout import Layout
from monitors.patterns.stream import Stream
from monitors.segment import segment

_WRITTEN = (
    "İ|K|ſ|ß|\x00|\ud800|’|'|''|a'b'c|don't|don’t| cannot | can not | is not | not |it's|it is|it’s|let's|let us|"
    "they're|```\n|~~~|\n- |\n* |\n• |\n1. |\n2) |\na. |\n999) |\n1234. |  - |\t* |\n|\n\n|\r\n|\x85|\xa0|\u2028|\t|"
    "| |  |٣|１２|²|12|7 |11 apples| 5 dogs|10 km|$3 cats|.4 big|1,000|12345|,|1,234,567|3.14|2.5.6,7|50%| percent|"
    "percentage|100 percent.| and | or | and or | and and |, and |, or |,and | and\n|a, b|x, y| but |, but |, so |"
    '. | which |; while |So |So, |However, |Hmm. |Hmm, wait, |Okay so |—|–|-| — | - |3-4|3–4|"|“|‘|…|...|....|;|; |'
    "! |!|.|? |*|_| *a|**Bold:**|**Bold**: |:|=|+| = |×|2*3|−| − |big|huge|colour|Big|whilst|Two|twelve|use|"
    "utilize|I |a|Z|The cat sat on the mat. |😀|ﬁ|Ⅻ|[|@|`|{|\x7f"
)
_PIECES = _WRITTEN.split("|")
_TEXTS = st.lists(st.sampled_from(_PIECES), max_size=60).map("".join)


def layout(text: str) -> Layout:
    return Layout.of(text, segment(text))


def spans(stream: Stream) -> list[tuple[int, int, int]]:
    return list(zip(stream.starts.tolist(), stream.ends.tolist(), stream.bits.tolist(), strict=True))


def named(found: list[Stream], name: str) -> list[tuple[int, int, int]]:
    return [span for stream in found if stream.name == name for span in spans(stream)]


@given(_TEXTS)
def test_words_are_runs_of_letters_with_inner_apostrophes(text: str) -> None:
    read = layout(text)
    plain = list(re.finditer(r"[A-Za-z]+(?:['’](?=[A-Za-z])[A-Za-z]+)*", read.text))
    assert list(zip(read.word_starts.tolist(), read.word_ends.tolist(), strict=True)) == [m.span() for m in plain]
    assert read.words == [m.group().lower().replace("’", "'") for m in plain]
    assert read.word_numbers.tolist() == [known_words.NUMBERS.get(word, 0) for word in read.words]
    heads, tails = word_sets.PRONOUNS.split(), ("'s", "'re", "'m", "'ll", "'ve", "'d")
    closed = {"let's", *(head + tail for head in heads for tail in tails)}
    wanted = [word for word in read.words if word.endswith("n't") or word in closed]
    assert [read.words[at] for at in read.contracted_words.tolist()] == wanted


@given(
    st.lists(
        st.one_of(
            st.sampled_from(sorted(known_words.NUMBERS)),
            st.sampled_from(sorted(known_words.NUMBERS)).map(lambda word: word[::-1] + word),
            st.text("aest'", min_size=1, max_size=20),
        ),
        max_size=30,
    )
)
def test_words_are_numbered_as_by_a_dictionary(written: list[str]) -> None:
    read = layout(" ".join(written))
    assert read.word_numbers.tolist() == [known_words.NUMBERS.get(word, 0) for word in read.words]


@given(_TEXTS)
def test_runs_are_those_of_plain_expressions(text: str) -> None:
    read = layout(text)
    for (starts, ends), pattern in ((read.digit_runs, r"\d+"), (read.token_bounds, r"[^\x00-\x20]+")):
        assert list(zip(starts.tolist(), ends.tolist(), strict=True)) == [
            match.span() for match in re.finditer(pattern, read.text)
        ]
    lines = [match.span() for match in re.finditer(r"[^\x00-\x20](?:[^\n]*[^\x00-\x20])?", read.text)]
    assert list(zip(read.lines[0].tolist(), read.lines[1].tolist(), strict=True)) == lines


@given(_TEXTS)
@example("999) one\n\t- two\n \x0b- none\n1234. none\na.\tthree\n٣) four")
def test_items_are_those_of_one_expression(text: str) -> None:
    read = layout(text)
    marker = r"(?m)^[ \t]*(?:[-*+•–]|\d{1,3}[.)]|[A-Za-z][.)])[ \t]+(?=\S)"
    assert [(item.start, item.body) for item in read.items] == [m.span() for m in re.finditer(marker, read.text)]


@given(_TEXTS)
def test_series_close_with_the_conjunctions_of_one_expression(text: str) -> None:
    found = [match.span() for match in order._conjunctions(text)]
    assert found == [match.span() for match in re.finditer(r",? (?:and|or) ([\w'’-]+)", text)]


@given(_TEXTS, st.sampled_from(("", "12 and 1,000")))
def test_last_digits_are_those_of_one_expression(text: str, prompt: str) -> None:
    read, given_numbers = layout(text), set(re.findall(r"\d{2,}(?:[.,]\d+)*", prompt))
    wanted = []
    for match in re.finditer(r"\d{2,}(?:[.,]\d+)*", read.text):
        if match.group() not in given_numbers:
            given_numbers.add(match.group())
            wanted.append((match.end() - 1, match.end(), int(match.group()[-1]) & 1))
    assert named(list(digits.streams(read, [prompt])), "digits.last/odd") == wanted


@given(_TEXTS)
def test_marks_of_numbers_and_bold_are_those_of_one_expression(text: str) -> None:
    read = layout(text)
    found = list(punctuation.streams(read))
    has_digit = re.search(r"[0-9]", read.text) is not None
    for name, pattern, mark, is_read in (
        ("markup/colon", r":\*\*|\*\*:", "**:", True),
        ("maths/thousands", r"\d[\d,]{3,}", ",", has_digit),
        ("maths/percent", r"%| percent\b", "p", has_digit),
    ):
        wanted = [(*m.span(), int(mark in m.group())) for m in re.finditer(pattern, read.text) if is_read]
        assert named(found, f"punctuation.{name}") == wanted


@given(_TEXTS)
def test_numerals_are_those_of_one_expression(text: str) -> None:
    read = layout(text)
    pattern = r"(?<![\w.,$^{+\-*/=])(?:1[0-2]|\d) (?=[a-z]{3})"
    wanted = [(match.start(), match.end() - 1, 0) for match in re.finditer(pattern, read.text)]
    bounds = zip(read.word_starts.tolist(), read.word_ends.tolist(), read.words, strict=True)
    wanted += [(start, end, 1) for start, end, word in bounds if word in word_sets.NUMERALS.split()]
    assert named(list(choices.streams(read)), "choice.numerals/word") == sorted(wanted)


@given(_TEXTS)
def test_sentences_seen_before_are_blanked(text: str) -> None:
    read = layout(f"{text}\nThe cat sat on the mat.\nThe cat sat on the mat.")
    assert len(read.text) == len(text) + 48
    assert read.text.endswith("\n" + " " * 23)


_FENCED = st.lists(st.sampled_from(("```", "~~~", "`", "~", "\n", " ", "\t", "x", "```py\n", "\n```\n")), max_size=24)


@settings(max_examples=300)
@given(_FENCED.map("".join))
def test_fences_are_those_of_one_expression(text: str) -> None:
    pattern = r"(?ms)^[ \t]*(```|~~~).*?(?:^[ \t]*\1[ \t]*$|\Z)"
    assert list(loops._fences(text)) == [match.span() for match in re.finditer(pattern, text)]


_SENTENCES = st.lists(
    st.lists(st.sampled_from(("the", "cat", "so", "a", "é", "a\x01b", "sat.", "on", "ab\u3000c", "1")), max_size=7),
    max_size=12,
)
_BLANKS = st.sampled_from((" ", "  ", "\t", "\xa0", "\u2009", "\x1c"))


@settings(max_examples=300)
@given(_SENTENCES, _BLANKS, _BLANKS)
def test_the_sentences_that_are_blanked_are_those_of_a_plain_search(
    sentences: list[list[str]], one: str, other: str
) -> None:
    written = [(one, other)[at % 2].join(words) for at, words in enumerate(sentences)]
    text = "\n".join(written)
    steps = segment(text)
    seen: set[tuple[str, ...]] = set()
    wanted = []
    for start, end in steps:
        words = text[start:end].split()
        key = (*words[:3], *words[-2:])
        if len(words) < 4 or key not in seen:
            wanted.append((start, end))
        seen.add(key)
    blanked, kept = loops.without_loops(text, steps)
    assert [tuple(pair) for pair in kept] == wanted
    inside = np.zeros(len(text) + 1, np.bool_)
    for start, end in wanted:
        inside[start:end] = True
    gone = [text[start:end] for start, end in steps if (start, end) not in wanted]
    assert len(blanked) == len(text)
    assert blanked.count(" ") >= sum(len(sentence) for sentence in gone)
    assert all(blanked[at] == text[at] for at in inside.nonzero()[0].tolist())


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("Hmm, wait, the cat sat on the mat.", [2]),
        ("Hmm hmm hmm hmm the cat sat down.", [3]),
        ("The cat sat, hmm, on the mat.", [0]),
        ("hmm the cat sat on the mat.", []),
        ("Oh, well, yes.", []),
    ],
)
def test_interjections_are_counted_at_the_start_of_prose(text: str, counts: list[int]) -> None:
    bits = named(list(interjections.streams(layout(text))), "interjections/counts")
    assert [2 * one + other for (_, _, one), (_, _, other) in zip(bits[::2], bits[1::2], strict=True)] == counts


@pytest.mark.parametrize(
    ("text", "sites"),
    [
        ("I can't, cannot and can not say.", [("can't", 1), ("cannot", 0), ("can not", 0)]),
        ("It’s, it is; let us, let's; tell us.", [("It’s", 1), ("it is", 0), ("let us", 0), ("let's", 1)]),
        ("Not this; rock'n'roll, dogs' and the cat's.", []),
        ("not", []),
    ],
)
def test_contractions_stand_beside_their_full_forms(text: str, sites: list[tuple[str, int]]) -> None:
    read = layout(text)
    found = named(list(choices.streams(read)), "choice.contractions/contracted")
    assert [(read.text[start:end], bit) for start, end, bit in found] == sites


def test_a_comma_before_the_last_of_three_is_told_from_none() -> None:
    read = layout("We see red, green, and blue; red, green and blue; this and that; a red, very green and blue.")
    found = named(list(punctuation.streams(read)), "punctuation.commas/oxford")
    assert [bit for _, _, bit in found] == [0, 1, 1]
    assert np.all(read.codes[[start for start, _, _ in found]][:1] == ord(","))
