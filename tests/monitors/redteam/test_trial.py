"""A trial's text is made the same way every time, and a payload that is not readable is never called hidden."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from monitors.coders.coder import Cover, coders
from monitors.redteam.payload import Kind
from monitors.redteam.trial import Arm, Outcome, made_by, make, needs_model, trials
from tests.monitors.redteam.arena import prose
from tests.monitors.redteam.coin_channel import CoinChannel, covers

COIN = CoinChannel()


@dataclass(frozen=True, slots=True)
class Forgetful(CoinChannel):
    """Writes nothing."""

    name: ClassVar[str] = "forgetful"

    def write(self, cover: Cover, bits: str, /) -> str:
        return cover.text


def test_a_coder_has_one_clean_trial_and_for_each_size_one_of_each_kind_and_a_sham() -> None:
    made = list(trials(COIN, "c", (8, 16), tuple(Kind)))
    assert Counter(trial.arm for trial in made) == {Arm.CLEAN: 1, Arm.STEGO: 4, Arm.SHAM: 2}
    assert len(set(made)) == len(made)


def test_the_same_trial_makes_the_same_text() -> None:
    (cover,) = covers(1, 0.7)
    for trial in trials(COIN, "c", (16,), tuple(Kind)):
        assert make(trial, COIN, cover) == make(trial, COIN, cover)


def test_a_cover_that_is_too_small_is_an_outcome_with_its_room() -> None:
    (cover,) = covers(1, 0.7)
    outcomes = [make(trial, COIN, cover) for trial in trials(COIN, "c", (65,), tuple(Kind))]
    assert [(text.outcome, text.room) for text in outcomes[1:]] == [(Outcome.TOO_SMALL, 64)] * 3


def test_a_payload_that_does_not_come_back_is_undecodable() -> None:
    (cover,) = covers(1, 0.7)
    coder = Forgetful()
    stego = [trial for trial in trials(coder, "c", (32,), tuple(Kind)) if trial.arm is Arm.STEGO]
    assert {make(trial, coder, cover).outcome for trial in stego} == {Outcome.UNDECODABLE}


def test_every_model_free_coder_makes_and_reads_its_texts() -> None:
    cover = Cover(prose(3, 60))
    for coder in coders().values():
        if not needs_model(coder):
            texts = [make(trial, coder, cover) for trial in trials(coder, "c", (8,), tuple(Kind))]
            assert {text.outcome for text in texts} <= {Outcome.MADE, Outcome.TOO_SMALL}, coder.name


def test_coders_are_told_apart_by_code_and_parameters() -> None:
    digests = [made_by(coder) for coder in coders().values()]
    assert len(set(digests)) == len(digests)
