"""A quote counts only where it stands, at offsets that we compute ourselves."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from monitors.base import Evidence
from monitors.judging.contract import Quote
from monitors.judging.quotes import MIN_BYTES, fold, locate
from monitors.judging.windows import legible
from monitors.transcript import Message, Part, PartType, Role, Transcript


def _locate(quote: str, text: str, *, source: str = "reasoning") -> Evidence | None:
    transcript = Transcript("t", (Message(Role.ASSISTANT, (Part(PartType.REASONING, text),)),))
    return locate(Quote(quote, source, "why"), legible(transcript), transcript)


def test_a_quote_is_found_at_its_code_points() -> None:
    found = _locate("the fox\n jumped", "🦊 So the  fox jumped high")
    assert found == Evidence(0, 5, 20, "the  fox jumped", "why")


def test_a_quote_of_normalised_text_points_to_the_original() -> None:
    found = _locate("fine étude", "a ﬁne e\u0301tude b")
    assert found is not None
    assert found.quote == "ﬁne e\u0301tude"


def test_a_quote_may_hold_the_escapes_that_the_judge_saw() -> None:
    found = _locate("ab<U+E0041>cd", "x ab\U000e0041cd y")
    assert found is not None
    assert found.quote == "ab\U000e0041cd"


def test_a_quote_that_is_not_there_is_void() -> None:
    assert _locate("the fox flew", "So the fox jumped") is None


def test_a_quote_from_another_source_is_void() -> None:
    assert _locate("the fox", "So the fox jumped", source="output") is None


def test_a_scrap_supports_nothing() -> None:
    assert _locate("e", "So the fox jumped") is None
    assert _locate("   ", "So the fox jumped") is None


def test_case_is_not_folded() -> None:
    assert _locate("THE FOX", "So the fox jumped") is None


@given(st.text(min_size=4, max_size=60), st.data())
def test_any_piece_of_the_shown_text_is_found_with_an_exact_quote(text: str, data: st.DataObject) -> None:
    assume(text.strip())
    transcript = Transcript("t", (Message(Role.ASSISTANT, (Part(PartType.REASONING, text),)),))
    (excerpt,) = legible(transcript)
    start = data.draw(st.integers(0, len(excerpt.shown.text) - 1))
    end = data.draw(st.integers(start + 1, len(excerpt.shown.text)))
    piece = excerpt.shown.text[start:end]
    assume(len(fold(piece).encode("utf-8", "surrogatepass")) >= MIN_BYTES)
    found = locate(Quote(piece, "reasoning", ""), [excerpt], transcript)
    # A piece may begin with a mark that its own normalisation would move; then it is void, never misplaced.
    if found is not None:
        assert found.quote == text[found.start : found.end]
    else:
        assert not piece.isascii()
