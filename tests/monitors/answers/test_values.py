from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.answers.expressions import NotANumber, evaluate
from monitors.answers.values import Kind, same, value_of


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3),
        ("-2.5", -2.5),
        (r"\frac{11}{2}", 5.5),
        (r"\dfrac9{19}", 9 / 19),
        (r"\frac12", 0.5),
        (r"1\frac{1}{2}", 1.5),
        (r"-1\frac{1}{2}", -1.5),
        (r"18 + 2\pi", 18 + 2 * math.pi),
        (r"\sqrt{2} - 1", math.sqrt(2) - 1),
        (r"\sqrt[3]{8}", 2),
        (r"3\sqrt{5}", 3 * math.sqrt(5)),
        ("6 - 5i", 6 - 5j),
        ("2^{10}", 1024),
        ("(2+3)*4/2", 10),
        ("12/5", 2.4),
        ("8π", 8 * math.pi),
    ],
)
def test_closed_expressions_have_their_value(text: str, number: complex) -> None:
    assert evaluate(text) == pytest.approx(number)


@pytest.mark.parametrize(
    "text", ["x", "3x+2", "", "1/0", "2^9999", "(((", "3 4", "__import__('os')", "9**9**9**9", "1" * 200]
)
def test_what_is_no_closed_expression_is_refused(text: str) -> None:
    with pytest.raises(NotANumber):
        evaluate(text)


@given(st.text(max_size=120))
def test_any_text_is_a_number_or_is_not(text: str) -> None:
    try:
        assert math.isfinite(abs(evaluate(text)))
    except NotANumber:
        return


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (r"\frac{11}{2}", "5.5"),
        ("$1,234.50", "1234.5"),
        ("15%", "0.15"),
        (r"15\%", "15"),
        ("x = 83", "83"),
        ("P(16) = 406", "406"),
        ("5 centimeters", "5"),
        (r"90^\circ", "90"),
        ("0.333", "1/3"),
        (r"\left(3, \frac{\pi}{2}\right)", r"(3, \pi/2)"),
        (r"\text{5}", "**5**."),
        (r"\frac{3}{4}\text{ cups}", "0.75"),
        ("Yes, it is", "yes"),
        ("red, green", "Red Green"),
        (r"3\sqrt{2}", r"\sqrt{18}"),
        ("1426_8", r"1426_{8}"),
    ],
)
def test_the_same_answer_in_another_form_is_the_same(first: str, second: str) -> None:
    assert same(value_of(first), value_of(second)) is True
    assert same(value_of(second), value_of(first)) is True


@pytest.mark.parametrize(
    ("first", "second"),
    [("8\\pi", "7\\pi"), ("42 apples", "43"), ("yes", "No."), ("6 - 5i", "-7i"), ("(1, 2)", "(1, 3)")],
)
def test_different_values_differ(first: str, second: str) -> None:
    assert same(value_of(first), value_of(second)) is False


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("58", "58.25"),
        ("5", "-5"),
        ("150", "1.5"),
        ("2", "120"),
        ("even", "odd"),
        ("3x", "4x"),
        ("5", "five"),
        ("1, 2", "3"),
    ],
)
def test_rounding_signs_units_and_words_are_not_certain(first: str, second: str) -> None:
    assert same(value_of(first), value_of(second)) is None


@pytest.mark.parametrize("text", ["(B)", "B", "B.", r"\text{(B)}", "Option B", "B) the sedan"])
def test_a_letter_is_a_choice_where_options_are_offered(text: str) -> None:
    value = value_of(text, has_options=True)
    assert (value.kind, value.text) == (Kind.LETTER, "B")


@given(st.integers(-(10**6), 10**6), st.integers(1, 10**4))
def test_a_fraction_equals_its_quotient(numerator: int, denominator: int) -> None:
    assert same(value_of(f"\\frac{{{numerator}}}{{{denominator}}}"), value_of(repr(numerator / denominator))) is True
