"""Searches that are tried only where something can stand find what an expression finds everywhere."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitors.languages import ciphers, encodings, exclusions, scripts, spellings
from monitors.languages.english import Reading, tables

_WRITTEN = (
    "a1|l33t|h3ll0|!|$|@|+|/|_|-|xxxxxxxxxxxxxxxxxxx|xxxxxxxxxxxxxxxxxxxx|Ab+/Ab+/Ab+/Ab+/|abcd-efgh_abcd-efgh_|=|==|"
    "\r\n|\n| |, |12|٣٤|日本|の|한국어|αβγδ|π|→|—|😀|𝒜|\ud800|İ|é|the |and |of |ａｂ|Ⅻ|2|9|."
)
_TEXTS = st.lists(st.sampled_from(_WRITTEN.split("|")), max_size=40).map("".join)


@given(_TEXTS)
def test_runs_of_letters_and_digits(text: str) -> None:
    assert [match.span() for match in encodings._words(text)] == [m.span() for m in encodings._WORD.finditer(text)]


@given(_TEXTS)
def test_words_with_digits_for_letters(text: str) -> None:
    kinds = text.encode("ascii", "replace").translate(spellings._KINDS)
    found = [match.span() for match in spellings._leet_words(text, kinds)]
    assert found == [match.span() for match in spellings._LEET_WORD.finditer(text)]


@given(_TEXTS)
def test_runs_of_other_scripts(text: str) -> None:
    assert [match.span() for match in scripts._found(text)] == [m.span() for m in scripts._RUN.finditer(text)]


@given(st.lists(st.sampled_from(("the", "and", "Of", "xyzzy", "i", "é", "antidisestablishmentarianisms", "not"))))
def test_common_words_are_those_whose_hash_is_known(words: list[str]) -> None:
    read, known = Reading(" ".join(words)), tables()
    assert known.slots.max() == len(known.hashes) - 1
    alone = [Reading(word).common.tolist() for word in words]
    assert read.common.tolist() == [at for one in alone for at in one]
    assert np.all((read.common >= 0) == [word in ("the", "and", "Of", "i", "not") for word in words])


_CODE = r"`x ` $ a_b f.g f(x) \( \) \alpha{b} <b> http://x.y www.a @ a/b/ ~/ 3 x9 the Word . é ٣"
_SENTENCES = st.lists(st.sampled_from([*_CODE.split(), " ", "\n"]), max_size=30).map("".join)


@given(_SENTENCES)
def test_what_says_nothing_of_the_language(text: str) -> None:
    every = re.compile("|".join(expression for _, expression in exclusions._EXCLUDED))
    assert exclusions.without_code(text) == every.sub(lambda found: " " * len(found.group()), text)


@given(_TEXTS)
def test_bits_of_several_words_are_those_of_each_alone(text: str) -> None:
    words = text.split() or ["x"]
    bits = [Reading(word).bits(0, len(word)) for word in words]
    assert spellings._likeliest(words) == words[bits.index(min(bits))]


@given(
    st.lists(st.sampled_from(["the whole of it ", "fvb hyl uva hsvul ", "qzx jkv ", "esrever ni ", "12 + ", "é中 "]))
)
def test_only_suspects_without_gains_are_left_out(pieces: list[str]) -> None:
    reading = Reading("".join(pieces))
    _, gains = ciphers._gains()
    kept = set(ciphers._promising(reading, gains))
    for first, last in ciphers._suspects(reading):
        assert (first, last) in kept or ciphers._best(reading, gains, first, last, []) is None
