"""Lexemes are found at once: their places are those of the expression that says what each one is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitors.answers import equations, lexemes
from monitors.answers.sides import Reading, SideReader

_WRITTEN = (
    "= ! ** * x X 3 4.5 .5 12,000 {,} ,\\! half \\text{a\u00a0b} \\left( \\right] \\frac \\displaystyle "
    "\\displaystyleA π ² √ ≈ - ' ’ é ½ ٣ multiplied divided by is are equals about , ; ( ) { } "
    "% $ & < > : / ~ leaves equal"
)
_LEXEMES = st.sampled_from([one + end for one in [*_WRITTEN.split(), "\n"] for end in ("", " ")])
_LINES = st.lists(_LEXEMES, max_size=25).map("".join)


@given(st.sampled_from(["is", "are", "equal", "equals", "gives", "makes", "leaves", "=", "≈", "\\approx"]), _LINES)
def test_every_relation_is_looked_for(relation: str, before: str) -> None:
    text = f"{before} {relation} 5"
    assert {match.start() for match in equations._RELATION.finditer(text)} <= set(equations._beginnings(text))


@given(_LINES)
def test_places_are_those_of_each_kind(line: str) -> None:
    found = [match.span() for match in lexemes._LEXEME.finditer(line) if match.lastgroup != "blank"]
    assert [(lexeme.start, lexeme.end) for lexeme in lexemes.lexemes(line)] == found


@given(_LINES)
def test_a_single_number_is_read_as_a_calculation_is(line: str) -> None:
    tokens = lexemes.lexemes(line)
    for relation in range(len(tokens)):
        chain = equations._Chain(line, tokens, 0, relation)
        if chain._is_number(relation, len(tokens)):
            read = SideReader(tokens, end=len(tokens), reading=Reading()).read(relation)
            assert chain._side(relation, len(tokens)) == read
