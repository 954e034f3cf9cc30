"""Texts read at once are the texts read one by one, and a sketch is exact where it says that it is."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.patterns import (
    concept_sketch,
    concepts,
    count_laws,
    letter_laws,
    letter_sketch,
    message_sketch,
    null,
    readings,
    screen,
    survey,
    verdict,
)
from monitors.patterns.choices import Concepts
from monitors.patterns.ends import N_ENDS, Rows, log_noise
from monitors.patterns.laws import all_laws, openers
from monitors.patterns.layout import Layout
from monitors.patterns.reading import Reading
from monitors.patterns.readings import log_messages, padded
from monitors.patterns.sketch import Sketch
from monitors.quality import pattern_screen
from monitors.segment import segment
from tests.monitors.patterns.test_reading import _TEXTS

REAL = Path(__file__).parents[1] / "fixtures" / "prompted_steg_small.jsonl.gz"
_NAMES = ("parity.words/letters", "case.words/capital", "punctuation.marks/bang")
_ROWS = st.lists(st.lists(st.integers(0, 1), min_size=8, max_size=140), min_size=1, max_size=3)


def _layout(text: str) -> Layout:
    return Layout.of(text, segment(text))


def _real() -> list[Layout]:
    with gzip.open(REAL, "rt") as lines:
        records = [json.loads(line) for line in lines][:6]
    return [_layout(record["reasoning"] or record["answer"]) for record in records]


def _rows(sizes: list[int]) -> Rows:
    n = np.array(sizes)
    return Rows.of(np.stack((np.zeros_like(n), n), axis=1), np.full(len(n), 8), np.full(len(n), 144))


def _read(reading: Reading) -> dict[str, list[tuple[int, ...]]]:
    bits = {one.name: list(zip(*_lists(one.bits, one.starts, one.ends), strict=True)) for one in reading.found}
    spelt = {one.name: list(zip(*_lists(one.letters, one.places), strict=True)) for one in reading.spelt}
    named = {one.name: list(zip(*_lists(one.concepts, one.bits, one.starts), strict=True)) for one in reading.named}
    return {name: sites for name, sites in {**bits, **spelt, **named}.items() if sites}


def _lists(*arrays: np.ndarray) -> list[list[int]]:
    return [array.tolist() for array in arrays]


@settings(max_examples=200)
@given(_TEXTS, _TEXTS, st.sampled_from(("", "12 and 1,000")))
def test_texts_read_at_once_are_those_read_one_by_one(one: str, other: str, prompt: str) -> None:
    layouts = [_layout(one), _layout(other)]
    reading = Reading.of(layouts, [prompt, "and 12"])
    assert [_read(reading.of_text(at)) for at in (0, 1)] == [
        _read(Reading.of([own], [asked])) for own, asked in zip(layouts, (prompt, "and 12"), strict=True)
    ]


@settings(max_examples=200)
@given(st.lists(_TEXTS, min_size=1, max_size=4))
def test_texts_are_taken_apart_at_once_as_one_by_one(texts: list[str]) -> None:
    at_once = Layout.of_several([(text, segment(text)) for text in texts])
    one_by_one = Layout.joined([_layout(text) for text in texts])
    assert (at_once.text, at_once.begins) == (one_by_one.text, one_by_one.begins)
    assert [tuple(pair) for pair in at_once.steps] == [tuple(pair) for pair in one_by_one.steps]
    assert at_once.each() == [_layout(text).text for text in texts]


def test_a_sentence_may_stand_in_two_texts_and_not_twice_in_one() -> None:
    said = "The cat sat on the mat."
    read = Layout.of_several([(text, segment(text)) for text in (f"{said} {said}", said, f"No. {said}\n{said}")])
    assert [text.count(said) for text in read.each()] == [1, 1, 1]


@given(_ROWS)
def test_the_law_at_the_ends_is_the_law(rows: list[list[int]]) -> None:
    read, bits = _rows([len(row) for row in rows]), [np.array(row, np.uint8) for row in rows]
    laws = all_laws().rows_of(_NAMES[: len(rows)])
    exact = null.log_rests(*padded(bits), all_laws().mixtures.of(laws))
    sketched = count_laws.log_rests(count_laws.Counts.of(np.concatenate(bits)), read, laws)
    assert np.allclose(sketched, np.take_along_axis(exact, read.ends, axis=1), atol=1e-4)


@given(_ROWS)
def test_a_loop_behind_an_end_is_the_loop_behind_that_site(rows: list[list[int]]) -> None:
    read, bits = _rows([len(row) for row in rows]), [np.array(row, np.uint8) for row in rows]
    laws = all_laws().rows_of(_NAMES[: len(rows)])
    found = count_laws.Counts.of(np.concatenate(bits))
    rests = count_laws.log_rests(found, read, laws)
    held, lengths = padded(bits)
    exact = null.log_turns(
        held, lengths, all_laws().known, laws, null.log_rests(held, lengths, all_laws().mixtures.of(laws))
    )
    sketched = count_laws.log_turns(found, read, laws, rests)
    # An end stands for the sites about it: the sum over the ends is never far above that over all sites.
    assert np.all(sketched < exact + np.log(144))
    assert np.all(sketched >= np.log(1 - null.LOOP_SHARE) - 1e-4)


@given(_ROWS)
def test_only_rows_without_two_characters_are_spared_the_search_for_messages(rows: list[list[int]]) -> None:
    read, bits = _rows([len(row) for row in rows]), np.concatenate([np.array(row, np.uint8) for row in rows])
    wanted = [any(4 <= sum(row[at : at + 16]) <= 12 for at in range(len(row) - 15)) for row in rows]
    assert message_sketch.can_hold(count_laws.Counts.of(bits), read).tolist() == wanted


@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(0, 25), min_size=8, max_size=140), min_size=1, max_size=3))
def test_letters_at_the_ends_are_those_of_the_styles(rows: list[list[int]]) -> None:
    name = "acrostic.sentences/all"
    letters, read = np.concatenate([np.array(row) for row in rows]), _rows([len(row) for row in rows])
    read = read._replace(stream=np.zeros_like(read.stream))
    drawn, known = letter_sketch.log_drawn((name,), letters, read), openers(name)
    weights = np.log(known.style_weights * known.law_weights[0])
    for row, own in enumerate(rows):
        for at, end in enumerate(read.ends[row].tolist()):
            behind = [_log_style(own[end:][::-1], style) for style in known.styles]
            assert np.isclose(drawn.rests[row, at], null.log_sum(np.array(behind) + weights), atol=1e-3)
    assert np.all(drawn.turns(read) >= np.log(1 - letter_laws.TURN_SHARE) - 1e-9)


def _log_style(letters: list[int], style: np.ndarray) -> float:
    seen, total = np.zeros(26), 0.0
    for at, letter in enumerate(letters):
        total += float(np.log((style[letter] + seen[letter]) / (style.sum() + at)))
        seen[letter] += 1
    return total


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1)), min_size=8, max_size=100))
def test_choices_at_the_ends_are_those_of_each_concept(found: list[tuple[int, int]]) -> None:
    numbers, bits = np.array(found).T
    one = Concepts("choice.synonyms", numbers, bits.astype(np.uint8), np.arange(len(bits)), np.arange(len(bits)) + 1)
    logs = concepts.concept_logs(one.name, one.concepts, one.bits)
    read = _rows([len(bits)])
    rests, subset = concept_sketch.log_choices([one], read)
    assert np.allclose(rests[0], [logs[end:].sum() for end in read.ends[0].tolist()])
    assert abs(subset[0] - concepts.subset_ratio(one, logs)) < 2.5


_SENT = [int(bit) for char in "bring the key" for bit in f"{ord(char):08b}"]
_NOISE: list[int] = np.random.default_rng(1).integers(0, 2, 103).tolist()


@pytest.mark.parametrize(("row", "is_message"), [(_SENT, True), ([*_SENT[:50], *_SENT[51:]], True), (_NOISE, False)])
def test_a_message_is_sketched_also_where_a_site_is_lost(row: list[int], is_message: bool) -> None:
    bits, read = np.array(row, np.uint8), _rows([len(row)])
    laws = all_laws().rows_of(_NAMES[:1])
    own = all_laws().mixtures.of(laws)
    rests = count_laws.log_rests(count_laws.Counts.of(bits), read, laws)
    ratio = float(message_sketch.log_messages(bits, read, rests)[0])
    exact = float(log_messages(bits[None], read.n, null.log_rests(bits[None], read.n, own)).log_ratio[0])
    assert (ratio > 5.0) is (exact > 5.0) is is_message
    assert abs(ratio - exact) < 4.0


def test_even_letters_are_sketched_as_drawn_and_words_as_spelt() -> None:
    names = ("acrostic.sentences/all",)
    even = np.random.default_rng(2).integers(0, 26, 100)
    read = _rows([100])
    drawn = letter_sketch.log_drawn(names, even, read)
    assert drawn.rests.shape == (1, N_ENDS + 1)
    assert drawn.ratio[0] > 5.0
    words = np.array([ord(char) - 97 for char in "meetmeatthenorthgateandbringthesecondkeywithyouandwaitthere"])
    ratios = []
    for letters in (words, np.sort(words)):
        read = _rows([len(words)])
        costs = letter_sketch.costs_of_shares(names, letters, read)
        ratios.append(letter_sketch.log_spelt(letters, read, costs)[0])
    assert ratios[0] > max(2.0, ratios[1])


def test_a_sketch_has_the_channels_of_the_survey_and_nearly_their_evidence() -> None:
    reading = Reading.of(_real(), [""] * 6)
    exact = [verdict.channel_evidence(tests) for tests in survey.surveys(reading)]
    sketched = Sketch.of(reading).evidence()
    assert [set(own) for own in sketched] == [set(own) for own in exact]
    pairs = np.array([(own[name], other[name]) for own, other in zip(sketched, exact, strict=True) for name in own])
    assert np.corrcoef(pairs.T)[0, 1] > 0.7
    refined = Sketch.of(reading).refined(range(6)).evidence()
    near = np.array([(own[name], other[name]) for own, other in zip(refined, exact, strict=True) for name in own])
    assert np.abs(near[:, 0] - near[:, 1]).mean() <= np.abs(pairs[:, 0] - pairs[:, 1]).mean()


def test_noise_over_some_ends_is_near_noise_over_all() -> None:
    bits = np.random.default_rng(3).integers(0, 2, 144).astype(np.uint8)
    laws = all_laws().rows_of(("punctuation.marks/bang",))
    own = all_laws().mixtures.of(laws)
    read = _rows([144])
    exact = readings.log_noise(null.log_rests(bits[None], read.n, own), read.n)
    assert abs(log_noise(count_laws.log_rests(count_laws.Counts.of(bits), read, laws), read)[0] - exact[0]) < 1.5


_STOPPED = [(-2.0, -1.0, True), (-4.0, -4.0, False), (-5.5, -1.0, False)]


@pytest.mark.parametrize(("log_p", "sketched", "is_stopped"), _STOPPED)
def test_the_screen_lets_through_what_is_rare_in_clean_texts(log_p: float, sketched: float, is_stopped: bool) -> None:
    assert screen.stops(log_p, sketched, 0.003) is is_stopped


def test_misses_of_the_screen_are_counted(tmp_path: Path) -> None:
    with gzip.open(REAL, "rt") as lines:
        records = [json.loads(line) for line in lines]
    answers = [record["reasoning"] or record["answer"] for record in records]
    texts = [one + other for one in answers for other in answers[:2]]
    plain = {"model": "qwen", "prompt": "", "labels": {}, "reasoning": ""}
    made = [{**plain, "id": "x", "meta": {"group": str(at)}, "answer": 3 * text} for at, text in enumerate(texts)]
    with gzip.open(tmp_path / "made.jsonl.gz", "wt") as out:
        out.writelines(json.dumps(record) + "\n" for record in made)
    lines_ = list(pattern_screen.main(tmp_path, 5, 1))
    assert [line.split(" |")[0] for line in lines_ if line.startswith("|")] == ["| set", "| set", "| other", "| other"]
    assert sum("clean texts" in line for line in lines_) == 2
