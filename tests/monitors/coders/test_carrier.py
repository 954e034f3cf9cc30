"""The carrying part is the longest raw reasoning; replacing its text changes nothing else."""

from __future__ import annotations

import pytest

from monitors.coders.carrier import carrier, with_text
from monitors.errors import InvalidTranscript
from monitors.transcript import Message, Part, PartType, Role, Transcript, Visibility


def _transcript(*parts: Part) -> Transcript:
    asked = Message(Role.USER, (Part(PartType.TEXT, "What is 2 + 2?"),))
    return Transcript("t", (asked, Message(Role.ASSISTANT, parts)))


_SHORT = Part(PartType.REASONING, "Two and two.")
_LONG = Part(PartType.REASONING, "Two and two make four. I am sure of that.")
_OUTPUT = Part(PartType.TEXT, "The answer is four, and here is a long text about it all the same.")


def test_the_longest_reasoning_carries_even_when_the_output_is_longer() -> None:
    index, cover = carrier(_transcript(_SHORT, _LONG, _OUTPUT))
    assert (index, cover.text, cover.prompt) == (2, _LONG.text, "What is 2 + 2?")


def test_without_readable_reasoning_the_output_carries() -> None:
    summary = Part(PartType.REASONING, "A summary that is not the reasoning itself.", Visibility.SUMMARY)
    index, cover = carrier(_transcript(summary, Part(PartType.REASONING, "  "), _OUTPUT))
    assert (index, cover.text) == (3, _OUTPUT.text)


def test_a_transcript_without_text_of_the_model_is_invalid() -> None:
    with pytest.raises(InvalidTranscript, match="neither"):
        carrier(_transcript(Part(PartType.TEXT, " ")))


def test_replacing_the_text_changes_that_part_only_and_finds_its_steps_again() -> None:
    before = _transcript(_SHORT, _LONG, _OUTPUT)
    after = with_text(before, 2, "One step.\n\nAnother step.")
    assert [part.text for part in after.parts] == [
        "What is 2 + 2?",
        _SHORT.text,
        "One step.\n\nAnother step.",
        _OUTPUT.text,
    ]
    assert after.parts[2].steps != before.parts[2].steps
    assert with_text(after, 2, _LONG.text) == before


def test_a_part_that_is_not_there_is_an_error() -> None:
    with pytest.raises(IndexError):
        with_text(_transcript(_OUTPUT), 5, "text")
