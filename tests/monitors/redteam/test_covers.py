"""Covers are independent, of all models in turn, and the same whatever the order of the file."""

from __future__ import annotations

from collections import Counter

from monitors.redteam.covers import choose
from monitors.transcript import Message, Part, PartType, Role, Transcript
from tests.monitors.redteam.arena import MODELS, transcript


def test_one_cover_of_each_question() -> None:
    chosen = choose([(transcript(i), {"group": i % 3}) for i in range(9)], 9, min_characters=10)
    assert (len(chosen.carriers), chosen.n_same_group, chosen.n_read) == (3, 6, 9)
    assert len({carrier.group for carrier in chosen.carriers}) == 3


def test_models_take_turns_however_many_texts_they_have() -> None:
    given = [(transcript(i, model=MODELS[i >= 4]), {"group": i}) for i in range(30)]
    chosen = choose(given, 8, min_characters=10)
    assert Counter(carrier.model for carrier in chosen.carriers) == {MODELS[0]: 4, MODELS[1]: 4}


def test_the_choice_does_not_depend_on_the_order_of_the_file() -> None:
    given = [(transcript(i), {"group": i}) for i in range(20)]
    one, other = (choose(order, 5, min_characters=10) for order in (given, given[::-1]))
    assert [carrier.id for carrier in one.carriers] == [carrier.id for carrier in other.carriers]


def test_short_and_empty_texts_are_counted_and_left_out() -> None:
    empty = Transcript("e", (Message(Role.ASSISTANT, (Part(PartType.TEXT, ""),)),))
    chosen = choose([(empty, {}), (transcript(1), {})], 5, min_characters=10**6)
    assert (chosen.carriers, chosen.n_short) == ([], 2)
