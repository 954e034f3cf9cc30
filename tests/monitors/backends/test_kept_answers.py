"""A judge with a memory: what was asked before is not asked again, and no failure is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from monitors.backends.base import Judge, JudgeAnswer, JudgePrompt, Roomy
from monitors.backends.kept_answers import Folder, Kept, kept
from monitors.backends.scripted import ScriptedBackend
from monitors.base import Cost
from monitors.errors import BackendUnavailable


def asked(key: str, **changed: object) -> JudgePrompt:
    return JudgePrompt("s", f"nonce and {key}", key=key, **changed)  # type: ignore[arg-type]


def remembering(
    tmp_path: Path, *replies: JudgeAnswer | Exception | str, digest: str = "d"
) -> tuple[Kept, ScriptedBackend]:
    judge = ScriptedBackend(iter(replies), digest=digest)
    return kept(judge, Folder(tmp_path)), judge


def test_the_same_question_is_answered_from_memory_at_no_cost(tmp_path: Path) -> None:
    given = JudgeAnswer('{"score": 1}', 1.5, 0.5, cost=Cost(calls=1, prompt_tokens=9, money=0.1))
    judge, scripted = remembering(tmp_path, given)
    assert judge.complete(asked("a")) == given
    assert judge.complete(asked("a")) == JudgeAnswer('{"score": 1}', 1.5, 0.5)
    assert len(scripted.prompts) == 1
    assert isinstance(judge, Judge)
    assert not isinstance(judge, Roomy)


@pytest.mark.parametrize(
    "other",
    [asked("b"), asked("a", max_tokens=5), asked("a", temperature=0.7), asked("a", seed=3), asked("")],
    ids=["key", "length", "temperature", "seed", "none"],
)
def test_another_question_is_asked(tmp_path: Path, other: JudgePrompt) -> None:
    judge, _ = remembering(tmp_path, "one", "two")
    judge.complete(asked("a"))
    assert judge.complete(other).text == "two"


def test_another_model_is_asked(tmp_path: Path) -> None:
    remembering(tmp_path, "one")[0].complete(asked("a"))
    assert remembering(tmp_path, "two", digest="other")[0].complete(asked("a")).text == "two"


@pytest.mark.parametrize(
    "bad",
    [
        JudgeAnswer("cut", finish_reason="length"),
        JudgeAnswer("", finish_reason="stop"),
        JudgeAnswer("no", finish_reason="refusal"),
    ],
)
def test_an_answer_that_is_none_is_not_kept(tmp_path: Path, bad: JudgeAnswer) -> None:
    judge, _ = remembering(tmp_path, bad, "good")
    judge.complete(asked("a"))
    assert judge.complete(asked("a")).text == "good"


def test_what_could_not_be_read_is_forgotten(tmp_path: Path) -> None:
    judge, _ = remembering(tmp_path, "unreadable", "good")
    judge.complete(asked("a"))
    judge.forget([asked("a"), asked("")])
    assert judge.complete(asked("a")).text == "good"


def test_of_several_only_the_new_ones_are_asked_and_the_order_stays(tmp_path: Path) -> None:
    judge, scripted = remembering(tmp_path, "one", "two", "three")
    judge.complete(asked("b"))
    answers = judge.complete_many([asked("a"), asked("b"), asked("c")])
    assert [answer.text for answer in answers] == ["two", "one", "three"]
    assert [prompt.key for prompt in scripted.prompts] == ["b", "a", "c"]


class Half:
    """Answers the first of several and fails the rest, as a server does that goes down."""

    model = digest = "half"

    def __init__(self) -> None:
        self.n_asked = 0

    def complete(self, prompt: JudgePrompt, /) -> JudgeAnswer:
        raise AssertionError

    def complete_many(self, prompts: Sequence[JudgePrompt], /) -> list[JudgeAnswer]:
        raise AssertionError

    def complete_each(self, prompts: Sequence[JudgePrompt], /) -> list[JudgeAnswer | BackendUnavailable]:
        self.n_asked += len(prompts)
        return [JudgeAnswer("fine"), *(BackendUnavailable("down") for _ in prompts[1:])]


def test_what_was_answered_before_the_failure_is_kept(tmp_path: Path) -> None:
    half = Half()
    judge = kept(half, Folder(tmp_path))
    with pytest.raises(BackendUnavailable):
        judge.complete_many([asked("a"), asked("b")])
    assert [answer.text for answer in judge.complete_many([asked("a"), asked("b")])] == ["fine", "fine"]
    assert half.n_asked == 3


def test_a_damaged_file_counts_as_none(tmp_path: Path) -> None:
    judge, _ = remembering(tmp_path, "one", "two")
    judge.complete(asked("a"))
    [file] = tmp_path.rglob("*.json")
    file.write_text('["on')
    assert judge.complete(asked("a")).text == "two"
