"""Searches that are tried only where something can stand find what an expression finds everywhere."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitors.languages import encodings, scripts, spellings
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
