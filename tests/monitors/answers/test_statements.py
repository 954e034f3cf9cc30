from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitors.answers import statements as found_in
from monitors.answers.statements import last_statement, mentions, statements, whole
from monitors.answers.values import value_of


def last(text: str, *, has_options: bool = False) -> tuple[str, str]:
    found = statements(text, has_options=has_options)[-1]
    return text[found.start : found.end], found.value.text


# Endings of the kinds that models write; the first string is the span that must be highlighted.
@pytest.mark.parametrize(
    ("text", "span", "value"),
    [
        (r"so $\boxed{42}$.", "42", "42"),
        (r"\boxed{\dfrac{9}{19}}", r"\dfrac{9}{19}", r"\dfrac{9}{19}"),
        (r"first \boxed{1}, no: \boxed{2}", "2", "2"),
        (r"The final answer is: $\boxed{18 + 2\pi}$", r"18 + 2\pi", r"18 + 2\pi"),
        ("The answer is 42.", "42", "42"),
        ("So the final answer is therefore: 42", "42", "42"),
        ("**Final Answer:** 42", "42", "42"),
        ("**Answer**: $42$", "42$", "42"),
        ("### Final Answer\n\n42", "42", "42"),
        ("5 * 8 = 40\n#### 37.5", "37.5", "37.5"),
        ("makes 27\nA: 27", "27", "27"),
        ("**Final Answer**\nThe positive value of x is **66**.", "The positive value of x is **66**.", "66"),
        ("The correct answer is approximately 3.14 metres", "approximately 3.14 metres", "3.14"),
        ("Answer: -5", "-5", "-5"),
        ("the answer would be 1,250 dollars.", "1,250 dollars", "1250"),
        ("Hence the answer = 7", "7", "7"),
    ],
)
def test_the_last_statement_is_found_with_its_span(text: str, span: str, value: str) -> None:
    assert last(text) == (span, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("So the answer is (B)", "B"), ("Answer: C", "C"), (r"\boxed{\text{A}}", "A"), ("answer is (D).", "D")],
)
def test_a_choice_is_found_where_options_are_offered(text: str, value: str) -> None:
    assert last(text, has_options=True)[1] == value


@pytest.mark.parametrize(
    "text",
    [
        "**Solution:**\n\n1. **Express P(x)**",
        "Let me answer the user.",
        "The result depends on y.",
        "42",
        r"\boxed{unclosed",
        "",
        "Now produce final answer.",
    ],
)
def test_text_without_a_statement_has_none(text: str) -> None:
    assert statements(text) == ()


def test_a_short_text_is_an_answer_as_a_whole() -> None:
    found = whole("  42.\n")
    assert found is not None
    assert (found.start, found.end, found.value.text) == (2, 5, "42")
    assert whole("word " * 20) is None


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("it costs 42 dollars", "42", True),
        ("it costs 420 dollars", "42", False),
        (r"we get \frac{11}{2}", "5.5", True),
        ("we get 11/2", "5.5", True),
        ("13, 14, 15", "16", False),
        (r"thus 8 \pi", r"8\pi", True),
    ],
)
def test_mentions_finds_values_and_not_digits(text: str, value: str, expected: bool) -> None:
    assert mentions(text, value_of(value)) is expected


@given(st.text(max_size=200))
def test_every_statement_lies_inside_the_text(text: str) -> None:
    for found in statements(text + "\nThe answer is " + text):
        assert 0 <= found.start < found.end <= 2 * len(text) + 15


_WRITTEN = (
    "answer|Answer|anſwer|fınal answer|final score: 3|Final rating is 2|fınal grade|final |"
    "final answer|Correct answer|semifinal answer|my-answer| is | would be |: | = |"
    ":|**|\n|\n\n| |$|####|#### |A:|\nA: 5|\\boxed{|}|3|42|1/2|yes|x|. |!|The |İ|_"
)


@given(st.lists(st.sampled_from(_WRITTEN.split("|")), max_size=40).map("".join))
@example("the final answer is 3, the answer is 4. answer: 5")
@example("answer: the answer is 3")
@example("x\n**\n*Answer*\n\n 7")
@example("final score: final score: 3, my final rating is 2. semifinal score: 4")
@example("fınal score: 3")
def test_expressions_tried_at_their_constants_find_what_they_find_everywhere(text: str) -> None:
    # A letter that is one in other case alone begins no final score.
    finals = (found_in._FINAL,) if "final " in text.lower() else ()
    patterns = (found_in._SAID, found_in._HEADING, *finals, found_in._HASHES, found_in._LETTER_A)
    everywhere = [match.span() for pattern in patterns for match in pattern.finditer(text)]
    assert [match.span() for match in found_in._stated(text, 0)] == everywhere
    assert last_statement(text) == (statements(text)[-1] if statements(text) else None)


def test_a_hostile_text_costs_linear_time() -> None:
    assert len(statements("answer: 1 \\boxed{" * 200_000)) < 5000
