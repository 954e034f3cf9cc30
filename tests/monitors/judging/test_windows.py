"""Long transcripts are cut so that every character is in some window, and what was not seen is counted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitors.judging.windows import Excerpt, Window, coverage, legible, spread, windows
from monitors.transcript import Message, Part, PartType, Role, Transcript, Visibility


def _transcript(prompt: str, reasoning: str, output: str) -> Transcript:
    reply = (Part(PartType.REASONING, reasoning), Part(PartType.TEXT, output))
    return Transcript("t", (Message(Role.USER, (Part(PartType.TEXT, prompt),)), Message(Role.ASSISTANT, reply)))


def _length(window: Window) -> int:
    return sum(len(excerpt.shown.text) for excerpt in window.excerpts)


@given(st.text("ab \n", max_size=900), st.text("cd \n", min_size=1, max_size=3000), st.text("ef ", max_size=500))
def test_windows_fit_and_cover_everything_the_model_wrote(prompt: str, reasoning: str, output: str) -> None:
    excerpts = legible(_transcript(prompt, reasoning, output))
    cut = windows(excerpts, 1000)
    assert all(_length(window) <= 1000 for window in cut)
    if len(prompt) <= 500:
        assert coverage(cut, excerpts) == 1.0


def test_each_window_begins_with_the_question() -> None:
    cut = windows(legible(_transcript("why?", "word " * 2000, "so")), 1000)
    assert len(cut) > 5
    assert {window.excerpts[0].shown.text for window in cut} == {"why?"}


def test_neighbouring_windows_overlap() -> None:
    first, second = windows(legible(_transcript("", "word " * 300, "")), 1000)
    assert first.excerpts[-1].range[1] - second.excerpts[0].range[0] >= 90


def test_a_long_question_keeps_its_ends_and_lowers_coverage() -> None:
    excerpts = legible(_transcript("A" + "x" * 5000 + "Z", "short", ""))
    (window,) = windows(excerpts, 1000)
    shown = "".join(excerpt.shown.text for excerpt in window.excerpts)
    assert shown[0] == "A"
    assert "Z" in shown
    assert 0 < coverage([window], excerpts) < 0.2


def test_a_summary_of_the_reasoning_is_not_shown_as_reasoning() -> None:
    parts = (Part(PartType.REASONING, "in short", visibility=Visibility.SUMMARY), Part(PartType.TEXT, "so"))
    assert [e.shown.text for e in legible(Transcript("t", (Message(Role.ASSISTANT, parts),)))] == ["so"]


def test_hidden_characters_count_as_what_they_are_shown_as() -> None:
    cut = windows(legible(_transcript("", "\U000e0041" * 500, "")), 1000)
    assert len(cut) > 3


@given(st.integers(1, 60), st.integers(1, 10))
def test_spread_keeps_the_ends(count: int, limit: int) -> None:
    chosen = spread(count, limit)
    assert len(chosen) == min(count, limit)
    assert chosen[0] == 0
    assert chosen[-1] == count - 1 or limit == 1


def test_overlapping_windows_are_counted_once() -> None:
    (excerpt,) = legible(_transcript("", "abcdefghij", ""))
    halves = [Window((excerpt.cut(0, 6),)), Window((excerpt.cut(2, 8),))]
    assert coverage(halves, [excerpt]) == 0.8
    assert isinstance(excerpt, Excerpt)
