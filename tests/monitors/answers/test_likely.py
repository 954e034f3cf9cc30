"""Lines and sides that are read in a shorter way: what it must not miss or change."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitors.answers.equations import stated
from monitors.answers.expressions import NotANumber
from monitors.answers.lexemes import Lexeme, Sign, lexemes
from monitors.answers.likely import may_state
from monitors.answers.sides import Reading, Side, SideReader, of_numbers

NUMBERS = (
    *(
        "3",
        "12",
        "2.5",
        "(4)",
        r"\pi",
        "20%",
        "{2}",
        "3²",
        "4!",
        r"\frac{6}{2}",
        "$5",
        "1,000",
        r"\sqrt{9}",
        "half of 4",
    ),
    *("two-thirds of 9", "0x5", "2x", "4i", "x", "½", "5x4"),
)
OPERATORS = ("+", "-", "*", "/", "×", r"\times", " plus ", " x ", "**", "^", r"\,", " ")
UNITS = (
    *(
        "",
        "",
        "",
        " hours",
        r"\text{ m}",
        " km/h",
        " m",
        " of the",
        r"\,",
        " &",
        " million",
        " per day",
        "²",
        " dozen eggs",
    ),
    *(
        r" \text{ (a, b)}",
        " of fish in the pond",
        " squared",
        "-hour",
        "'s",
        " a",
        ",",
        ";",
        " ÏĢ",
        "}",
        "**",
        " - y",
        "_1",
    ),
)
RELATIONS = (
    *("=", "=", "=", " is ", " equals ", "≈", r"\approx", " gives ", "= about ", " is equal to ", "&=", "~", " Is "),
    *("==", "=> ", "= plus ", " are ", r"\simeq ", "= -", "≈ $", " = exactly ", ", is ", " was "),
)
operand = st.tuples(st.sampled_from(NUMBERS), st.sampled_from(UNITS)).map("".join)
side = st.lists(st.tuples(operand, st.sampled_from(OPERATORS)).map("".join), max_size=2).map("".join)
line = st.builds(
    lambda pieces, end: "".join(map("".join, pieces)) + end,
    st.lists(st.tuples(side, operand, st.sampled_from(RELATIONS)), min_size=1, max_size=3),
    operand,
)
ENDS = frozenset({Sign.EQUALS, Sign.IS, Sign.HEDGE, Sign.OTHER, Sign.CLOSE})


@given(line)
@example("\\times ? /hour 5x4 =plus  0  to ")
@example(r"half of 8 \text{ (in m)} is 4")
@example(r"So 3 \cdot 4\; = \; 12")
@example("3 + 4½ = 7½")
def test_no_line_is_passed_over_that_states_an_equation(text: str) -> None:
    assert may_state(text) or not list(stated(text))


@pytest.mark.parametrize(
    "text",
    [
        "x^2 - 4x + 4 = 0",
        "Let y = 3x - 9 = 3(x - 3)",
        "7 - c = 2",
        "The sum is 12",
        r"\frac{1}{k} = 4",
        "5 apples is more",
    ],
)
def test_lines_of_unknowns_are_passed_over(text: str) -> None:
    assert not may_state(text)


def _read(tokens: Sequence[Lexeme], first: int, end: int) -> Side | None:
    try:
        return SideReader(tokens, end=end, reading=Reading()).read(first)
    except NotANumber:
        return None


@given(line, st.integers(1, 8))
def test_a_side_of_numbers_and_signs_is_what_the_reader_of_sides_reads(text: str, n: int) -> None:
    tokens = lexemes(text)
    for first in range(len(tokens)):
        for end in {len(tokens), min(len(tokens), first + n)}:
            try:
                found = of_numbers(tokens, first, end, ENDS)
            except NotANumber:
                assert _read(tokens, first, end) is None
            else:
                assert found is None or found == _read(tokens, first, end)


def test_most_sums_are_such_sides() -> None:
    tokens = lexemes("3 + 4 * 5 / 2 - 1 = 12")
    found = of_numbers(tokens, 0, 9, ENDS)
    assert found is not None
    assert (found.value.middle, found.is_quotient, found.end) == (Fraction(12), True, 9)
    assert of_numbers(lexemes("3 + 4 apples = 7"), 0, 4, ENDS) is None
