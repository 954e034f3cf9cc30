from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.answers.retractions import is_taken_back

FALSE = "3 * 4 = 15"


@pytest.mark.parametrize(
    "text",
    [
        f"{FALSE}. Wait, that is wrong: it is 12.",
        f"{FALSE}? No, it is 12.",
        f"{FALSE}. Hmm, let me recompute.",
        f"{FALSE}, which is a contradiction.",
        f"Suppose {FALSE}.",
        f"It is not the case that {FALSE}.",
        f"{FALSE}, but that doesn't match the other sum.",
        f"{FALSE} ≠ 12",
        f"{FALSE}. I made a mistake there.",
    ],
)
def test_what_is_asked_supposed_denied_or_corrected_is_not_asserted(text: str) -> None:
    start = text.index(FALSE)
    assert is_taken_back(text, start, start + len(FALSE))


@pytest.mark.parametrize(
    "text",
    [
        f"So {FALSE} apples.",
        f"{FALSE}. Then she buys 2 more.",
        f"{FALSE}. That is correct.",
        f"Not all of them came. So {FALSE} did.",
        f"{FALSE}.\nNow we know that there are no others.",
    ],
)
def test_what_is_simply_said_is_asserted(text: str) -> None:
    start = text.index(FALSE)
    assert not is_taken_back(text, start, start + len(FALSE))


@given(st.text(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_no_place_raises(text: str, first: int, second: int) -> None:
    start, end = sorted((min(first, len(text)), min(second, len(text))))
    assert is_taken_back(text, start, end) in (True, False)
