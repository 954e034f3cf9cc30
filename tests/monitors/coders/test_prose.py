"""What is looked for sign by sign is what an expression finds."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from monitors.characters import gaps, runs
from monitors.characters.given import Given
from monitors.coders import prose

_WRITTEN = ["- ", "* ", "• ", "+ ", "-", "*", "\n", "\r", " ", "  ", "\t", "a", "B", ",", "\u200b", "\u2060", "é"]
_TEXTS = st.lists(st.sampled_from(_WRITTEN), max_size=30).map("".join)


@given(_TEXTS)
def test_places_of_marks(text: str) -> None:
    marks = ("- ", "* ", "• ", "+ ")
    assert prose.places_of(text, marks) == [match.start() for match in re.finditer("[-*•+] ", text)]


@given(_TEXTS)
def test_lines_that_begin_with_a_bullet(text: str) -> None:
    found = re.finditer(r"(?m)^([ \t]*)[-*•+] [^\n]*", text)
    assert prose.bulleted_lines(text) == tuple((match.start(), match.end(1), match.end()) for match in found)


@given(_TEXTS)
def test_rows_of_two_blanks(text: str) -> None:
    assert gaps._n_two(text) == len(re.findall(r"(?<=[^ \t\r\n])[ \t]{2}(?=[^ \t\r\n])", text))


@given(_TEXTS)
def test_runs_of_characters(text: str) -> None:
    assert runs.runs(text, "\u200b\u2060", Given()) == [match.span() for match in re.finditer("[\u200b\u2060]+", text)]
