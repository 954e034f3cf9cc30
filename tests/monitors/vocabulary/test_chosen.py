"""Counts of marks: chosen ones have evidence, habits and rules have none, and marks are counted where they stand."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.segment import segment
from monitors.vocabulary import marks
from monitors.vocabulary.chosen import Chosen, chosen


def bits(counts: list[int], rate: float = 0.02, masks: list[list[int]] | None = None) -> Chosen:
    kinds = np.array([[1] * len(counts), *(masks or [])], np.bool_)
    row = marks.Streams(("hmm",), (marks.THINKING,), np.array([counts]), np.array([rate]), kinds)
    return chosen(row)[0]


def uniform(n: int, size: int, seed: int = 1) -> list[int]:
    chooser = random.Random(seed)
    return [chooser.randrange(size) for _ in range(n)]


def spelled(text: str, width: int) -> list[int]:
    written = "".join(f"{ord(letter):08b}" for letter in text)
    return [int(written[at : at + width], 2) for at in range(0, len(written), width)]


@pytest.mark.parametrize("size", [2, 4, 8])
def test_numbers_chosen_anew_have_evidence_and_their_stretch_is_told(size: int) -> None:
    found = bits([*uniform(40, size), *[0] * 60])
    assert found.bits > 15
    assert found.first == 0
    assert 36 <= found.last <= 41


def test_a_code_that_begins_later_is_found_where_it_is_and_costs_more() -> None:
    found = bits([*[0] * 60, *uniform(40, 4), *[0] * 60])
    assert found.first in range(58, 64)
    assert 0 < found.bits < bits([*uniform(40, 4), *[0] * 120]).bits


def test_three_marks_or_none_are_two_symbols() -> None:
    assert bits([3 * symbol for symbol in uniform(40, 2)] + [0] * 40).bits > 20


def test_letters_have_more_evidence_than_noise() -> None:
    assert bits([*spelled("the key", 1), *[0] * 40]).bits > bits([*uniform(56, 2), *[0] * 40]).bits + 20
    assert bits([*spelled("the key", 2), *[0] * 40]).bits > bits([*uniform(28, 4), *[0] * 40]).bits + 20


def test_a_habit_and_the_same_number_everywhere_have_no_evidence() -> None:
    chooser = random.Random(2)
    assert bits([1] * 40 + [0] * 60).bits == 0
    assert bits([int(chooser.random() < 0.1) for _ in range(200)], 0.1).bits < 6
    assert bits([int(n % 20 == 0) for n in range(200)], 0.05).bits < 6
    assert bits([0] * 40).bits == 0


def test_a_mark_at_each_sentence_of_a_kind_is_a_rule_and_no_choice() -> None:
    kind = uniform(60, 2, seed=3)
    assert bits(kind).bits > 10
    assert bits(kind, masks=[kind]).bits == 0


@given(st.lists(st.integers(0, marks.MOST), min_size=1, max_size=60), st.floats(0.002, 0.5))
def test_evidence_is_never_negative_and_its_stretch_lies_inside(counts: list[int], rate: float) -> None:
    found = bits(counts, rate)
    assert found.bits >= 0.0
    assert 0 <= found.first <= found.last <= len(counts)


def said(text: str) -> list[marks.Sentence]:
    return marks.sentences(text, segment(text))


def test_sentences_that_are_nothing_but_a_mark_are_part_of_the_next() -> None:
    found = said("We add the two numbers. Hmm, wait, we add them again. Hmm.\nOkay, then we go on. It is done.")
    assert [each.words[:2] for each in found] == [("we", "add"), ("hmm", "wait"), ("hmm", "okay"), ("it", "is")]
    assert [each.is_first for each in found] == [True, False, False, False]
    assert marks.heads(found)[marks.THINKING] == 2
    assert marks.having(found)[marks.HESITATING] == 2


def test_marks_are_counted_at_the_head_and_anywhere() -> None:
    text = "So, so, we see it. So it is… the same. So what...we see is there. So we wait, um, um, for the rest.\n"
    found = marks.streams(said(text * 4), lambda word: 0.02, lambda word: 0.01, ())
    assert found is not None
    rows = {
        (sort, name): row.tolist()[:4] for sort, name, row in zip(found.sorts, found.names, found.counts, strict=True)
    }
    assert rows["opener", "so"] == [2, 1, 1, 1]
    assert rows["adverb", "so"] == [2, 1, 1, 1]
    assert rows["adverb", marks.DOTS] == [0, 1, 1, 0]
    assert rows[marks.HESITATING, marks.HESITATING] == [0, 0, 0, 3]


def test_formulas_have_no_words() -> None:
    assert said("Now $x \\over y$ is the `wait` of it.")[0].words == ("now", "is", "the", "of", "it")
