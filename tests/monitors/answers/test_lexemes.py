"""Lexemes are found at once: their places are those of the expression that says what each one is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitors.answers import equations, lexemes

_WRITTEN = (
    "= ! ** * x X 3 4.5 .5 12,000 {,} ,\\! half \\text{a\u00a0b} \\left( \\right] \\frac \\displaystyle \\displaystyleA "
    "π ² √ ≈ - ' ’ é ½ ٣ multiplied divided by is are equals about , ; ( ) { } % $ & < > : / ~ leaves equal"
)
_LINES = st.lists(st.sampled_from([*_WRITTEN.split(), " ", "\n"]), max_size=25).map("".join)


@given(_LINES)
def test_places_are_those_of_each_kind(line: str) -> None:
    found = [match.span() for match in lexemes._LEXEME.finditer(line) if match.lastgroup != "blank"]
    assert [(lexeme.start, lexeme.end) for lexeme in lexemes.lexemes(line)] == found


@given(_LINES)
def test_a_relation_begins_only_where_one_is_looked_for(text: str) -> None:
    starts = [match.start() for match in equations._RELATION.finditer(text)]
    assert set(starts) <= set(equations._beginnings(text))


@given(_LINES)
def test_a_single_number_is_read_as_a_calculation_is(line: str) -> None:
    tokens = lexemes.lexemes(line)
    for relation in range(len(tokens)):
        chain = equations._Chain(line, tokens, 0, relation)
        if chain._is_number(relation, len(tokens)):
            read = equations.SideReader(tokens, end=len(tokens), reading=equations.Reading()).read(relation)
            assert chain._side(relation, len(tokens)) == read
