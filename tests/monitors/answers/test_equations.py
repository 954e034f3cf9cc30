from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitors.answers.equations import Equation, equations, survey
from monitors.answers.expressions import NotANumber
from monitors.answers.intervals import Interval


def only(text: str) -> Equation:
    (equation,) = equations(text)
    return equation


@pytest.mark.parametrize(
    "text",
    [
        "3 * 4 = 12",
        "We buy 5 x $3 = $15 worth.",
        "1,250 + 3 = 1,253",
        "half of 30 is 15",
        "a third of 12 is 4",
        "20% of 50 is 10",
        "40% of his 20 apples = 8 apples",
        "12 minutes is 0.2 hours",
        "1 month = 30 days",
        "10 / 3 = 3.33",
        "10 / 3 = 3",
        "33.33 * 3 = 100",
        "3/8 * 100 = 37.5%",
        "100% - 30% = 70%",
        "5 bales/hour x 6 hours = 30 bales of hay",
        r"\frac{9}{2} + \frac{9}{4} = \frac{27}{4}",
        r"$$\frac{2.4}{0.2} = 12$$",
        r"3 \times 4 = 12 \text{ apples}",
        r"\sqrt{5.76} = 2.4",
        r"\binom{4}{2} = 6",
        r"2\pi \approx 6.28",
        "5² = 25",
        "4! = 24",
        "2^10 = 1024",
        "1.8(256) - 3.6(16) + 2.8 = 406",
        "7*6*5 / 3*2*1 = 35",
        "5 * $200 million = $1 billion",
        "30 - 48 = -18",
        "- 3 * 4 = 12",
        "**20 + 5 = 25**",
        "50 cents * 4 = $2",
        "36 divided by 6 is 6",
        "100 / 7 is about 14",
        "1 1/2 * 4 = 6",
        "25.8 + 7.74 = 33.54",
    ],
)
def test_what_is_right_holds(text: str) -> None:
    assert only(text).holds


@pytest.mark.parametrize(
    ("text", "should_be"),
    [
        ("3 * 4 = 13", "12"),
        ("She eats 3 + 4 = <<3+4=7>>8 meals", "7"),
        ("half of 30 is 16", "15"),
        ("20% of 50 is 12", "10"),
        ("12 minutes is 0.3 hours", "0.2"),
        ("10 / 3 = 3.5", "3.33333"),
        ("40% of 15 boxes x 20 fireworks = 12 boxes", "120"),
        ("2 days x 24 hours/day = 120 hours", "48"),
        (r"\frac{119}{221} = \frac{17}{31}", "0.538462"),
        ("$129.00 + $30.00 + $150.00 = $299.00", "309"),
        ("7 * 3 = 24 (left: 24)", "21"),
        ("5² = 26", "25"),
        ("238.00 * 0.085 = 20.035", "20.23"),
        ("24 * 864 = 21,456", "20736"),
    ],
)
def test_what_is_wrong_does_not_and_says_what_it_should_be(text: str, should_be: str) -> None:
    equation = only(text)
    assert (equation.holds, equation.should_be) == (False, should_be)


@pytest.mark.parametrize(
    "text",
    [
        "2x + 3 = 7",
        "160k + 81 = 181",
        "so x = 5 = 5",
        "Day 1 = 20 points",
        "φ(5) = 4",
        "f(3) = 4",
        "profit - 3 * 4 = 12",
        "3 * 4 = 12 + x",
        "3 of 10 = 30%",
        "100 + 20% = 120",
        "7 * 3 = 1 (mod 10)",
        "17 / 5 = 3 remainder 2",
        "1 + 1 = 10_2",
        "11 + 3 = 2:00",
        "11 + 3 = 2 pm",
        "a 3×3 grid is 20",
        "He subtracts 3 from 4*5 = 17",
        "He has 3 + 4 apples and the price is 12",
        "1 gram of protein is equal to 100/3",
        "the conjugate 5-3 is 22",
        r"31 \times 0.\overline{00009} = 0.00279",
        "3 * 4 == 13",
        "total = 12",
        "no numbers at all are equal to others",
    ],
)
def test_what_is_no_closed_statement_is_left_alone(text: str) -> None:
    assert [equation for equation in equations(text) if not equation.holds] == []


def test_every_link_of_a_chain_is_a_statement_with_its_own_span() -> None:
    text = "So 3 + 4 = 7 = 14 / 2 = 8."
    found = equations(text)
    assert [text[item.start : item.end] for item in found] == ["3 + 4 = 7", "7 = 14 / 2", "14 / 2 = 8"]
    assert [item.holds for item in found] == [True, True, False]


def test_a_running_total_is_loose_writing_and_no_error() -> None:
    assert all(item.holds for item in equations("25.8 + 7.74 = 33.54 + 1.29 = 34.83"))


@given(st.integers(0, 900))
def test_a_statement_far_along_a_line_is_read_whole_and_once(n_before: int) -> None:
    text = "1 = 1 and " * (n_before // 10) + "x" * (n_before % 10) + " so 50 * 51 = 2550 and then more" + " words" * 100
    assert [text[item.start : item.end] for item in equations(text)] == ["50 * 51 = 2550"]


HOSTILE = [
    "9**9**9 = 4",
    "9^9^9^9 = 4",
    "(10^60)^(10^60) = 4",
    "99999!! = 1",
    "999999999! = 1",
    "(((3!)!)!)! = 1",
    "9" * 1_000_000 + " * 2 = 3",
    "2 * " * 50_000 + "2 = 3",
    "(" * 100_000 + "1" + ")" * 100_000 + " = 1",
    r"\frac{" * 50_000 + "1} = 1",
    r"\sqrt" * 50_000 + "2 = 3",
    "1 = " * 50_000 + "2",
    "-" * 100_000 + "1 = 1",
    "1/" * 50_000 + "3 = 1",
    "<<" * 50_000 + "1+1=3" + ">>" * 50_000,
    "half of " * 50_000 + "2 is 1",
    "is 1 " * 50_000,
    "1 " * 100_000 + "= 1",
    "2^4000 * " * 2_000 + "1 = 1",
    "$" * 100_000 + "1 = 1",
    "3 + 4 = 7\n" * 2_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_comes_to_an_end_and_says_how_far_it_was_read(text: str) -> None:
    seen = survey(text)
    assert 0 < seen.end <= len(text)
    assert all(equation.end <= seen.end + 1_000 for equation in seen.equations)


def test_of_a_text_with_too_many_sums_the_beginning_is_read() -> None:
    text = "3 + 4 = 7\n" * 20_000
    seen = survey(text)
    assert 100_000 < seen.end < 130_000
    assert len(seen.equations) < 13_000


def test_no_number_grows_beyond_its_bound() -> None:
    number = Interval.exact(3).power(Interval.exact(2000))
    with pytest.raises(NotANumber, match="too large"):
        number * number


ARITHMETIC = st.text(alphabet="0123456789.,+-*/=^()%$! xof\\{}is~²\n<>", max_size=80)


@given(ARITHMETIC | st.text(max_size=80))
@example("1/(1-1) = 0")
@example("0^-1 = 0")
@example("(-4)^(1/2) = 2")
@example(r"\frac{1}{ = 2")
def test_no_text_raises_and_every_span_lies_in_it(text: str) -> None:
    for equation in equations(text):
        assert 0 <= equation.start < equation.end <= len(text)
        assert text[equation.start : equation.end].strip() == text[equation.start : equation.end]


@given(st.integers(-999, 999), st.integers(-999, 999), st.integers(-2000, 2000))
def test_a_sum_holds_when_it_is_right(first: int, second: int, shown: int) -> None:
    assert only(f"so ({first}) + ({second}) = {shown}.").holds == (first + second == shown)


@given(st.integers(1, 999), st.integers(1, 99), st.integers(1, 4))
def test_a_quotient_holds_as_it_is_rounded_at_any_digit(top: int, bottom: int, digits: int) -> None:
    assert only(f"{top} / {bottom} = {top / bottom:.{digits}f}").holds
