from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from monitors.base import Cost, Reason, Score, State, measure, require_raw_reasoning
from monitors.errors import BackendUnavailable, InvalidTranscript, JudgeUnparseable
from monitors.transcript import Channel, Message, Part, PartType, Role, Transcript, Visibility


def make_transcript(*answer: Part) -> Transcript:
    system = Message(Role.SYSTEM, (Part(PartType.TEXT, "Be brief."),))
    return Transcript(
        "t1", (system, Message(Role.USER, (Part(PartType.TEXT, "Why?"),)), Message(Role.ASSISTANT, answer))
    )


def test_parts_are_flat_and_their_channels_parallel() -> None:
    transcript = make_transcript(
        Part(PartType.REASONING, "Hm. So."), Part(PartType.TEXT, "Because."), Part(PartType.TOOL_CALL, "{}", name="f")
    )
    assert [part.text for part in transcript.parts] == ["Be brief.", "Why?", "Hm. So.", "Because.", "{}"]
    assert transcript.channels() == (
        Channel.PROMPT,
        Channel.PROMPT,
        Channel.REASONING,
        Channel.OUTPUT,
        Channel.TOOL,
    )


def test_reasoning_steps_carry_the_offsets_of_their_part() -> None:
    step = list(make_transcript(Part(PartType.REASONING, "Hm.  So it is.")).reasoning())[1]
    assert (step.part, step.start, step.end, step.text) == (2, 5, 14, "So it is.")


def test_a_summary_is_not_read_as_reasoning() -> None:
    transcript = make_transcript(Part(PartType.REASONING, "It weighs the options.", Visibility.SUMMARY))
    assert list(transcript.reasoning()) == []
    assert transcript.text(Channel.REASONING) == ""
    assert transcript.visibility is Visibility.SUMMARY


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ((), "no_reasoning"),
        ((Part(PartType.REASONING, "  "),), "no_reasoning"),
        ((Part(PartType.REASONING, "", Visibility.ENCRYPTED),), "not_raw_reasoning"),
    ],
)
def test_missing_reasoning_has_its_reason(parts: tuple[Part, ...], reason: str) -> None:
    with pytest.raises(InvalidTranscript) as caught:
        require_raw_reasoning(make_transcript(*parts))
    assert caught.value.reason == reason


def test_a_transcript_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        make_transcript().id = "t2"  # type: ignore[misc]  # that is the point


class Raising:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def score(self, transcript: Transcript, /) -> Score:
        raise self.error


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (InvalidTranscript("x", reason="no_reasoning"), State.SKIPPED, Reason.NO_REASONING),
        (InvalidTranscript("x", reason="not_extractable"), State.UNSCORED, Reason.NOT_EXTRACTABLE),
        (BackendUnavailable("x"), State.UNSCORED, Reason.NO_BACKEND),
        (JudgeUnparseable("x"), State.UNSCORED, Reason.PARSE),
    ],
)
def test_each_failure_to_measure_is_a_state_and_never_a_value(error: Exception, state: State, reason: Reason) -> None:
    score = measure(Raising(error), make_transcript())
    assert (score.state, score.reason, score.value) == (state, reason, None)


def test_an_unknown_error_escapes() -> None:
    with pytest.raises(ZeroDivisionError):
        measure(Raising(ZeroDivisionError()), make_transcript())


def test_measuring_keeps_the_cost_and_adds_the_time() -> None:
    class Costly:
        def score(self, transcript: Transcript, /) -> Score:
            return Score(0.5, cost=Cost(calls=3))

    cost = measure(Costly(), make_transcript()).cost
    assert cost.calls == 3
    assert cost.seconds > 0


@pytest.mark.parametrize(
    "arguments",
    [
        {"value": 1.5},
        {"value": None},
        {"value": 0.5, "state": State.UNSCORED, "reason": Reason.ERROR},
        {"value": None, "state": State.UNSCORED},
        {"value": 0.5, "reason": Reason.ERROR},
    ],
)
def test_a_contradictory_score_is_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Score(**arguments)  # type: ignore[arg-type]  # wrong on purpose
