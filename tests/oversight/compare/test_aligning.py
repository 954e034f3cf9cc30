"""Aligning: nothing of either text is lost or said twice, and no text takes longer than it may."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.transcript import Message, Part, PartType, Role, Transcript
from oversight.compare import matching
from oversight.compare.aligning import Alignment, align, packed, unpacked
from oversight.compare.matching import Allowance, matched
from oversight.compare.units import Unit, units_of
from oversight.compare.wording import GONE, NEW, SAME, Segment, segments, tokens


def long() -> Allowance:
    """Time that no test uses up, counted from now: a constant would be spent by the tests before."""
    return Allowance(60)


def units(reasoning: str, answer: str = "42") -> tuple[Unit, ...]:
    parts = (Part(PartType.REASONING, reasoning), Part(PartType.TEXT, answer))
    asked = Message(Role.USER, (Part(PartType.TEXT, "What is 17 * 23?"),))
    return units_of(Transcript("t", (asked, Message(Role.ASSISTANT, parts))))


def rebuilt(found: Alignment, a: Sequence[Unit], b: Sequence[Unit]) -> tuple[str, str]:
    """Both texts from the rows, and every unit once."""
    first = [at for row in found.rows if row.a >= 0 for at in range(row.a, row.a + row.n)]
    second = [at for row in found.rows if row.b >= 0 for at in range(row.b, row.b + row.n)]
    assert first == list(range(len(a)))
    assert second == list(range(len(b)))
    return "".join(a[at].text for at in first), "".join(b[at].text for at in second)


def applied(found: Sequence[Segment], a: str, b: str) -> None:
    i = j = 0
    for kind, n in found:
        if kind == SAME:
            assert a[i : i + n] == b[j : j + n]
        i, j = i + n * (kind in (SAME, GONE)), j + n * (kind in (SAME, NEW))
    assert (i, j) == (len(a), len(b))


def lcs_length(a: Sequence[str], b: Sequence[str]) -> int:
    row = [0] * (len(b) + 1)
    for item in a:
        above = row
        row = [0]
        for j, other in enumerate(b):
            row.append(above[j] + 1 if item == other else max(above[j + 1], row[j]))
    return row[-1]


@given(st.lists(st.sampled_from("abcd"), max_size=40), st.lists(st.sampled_from("abcd"), max_size=40))
def test_what_is_matched_is_a_longest_common_subsequence(a: list[str], b: list[str]) -> None:
    found = matched(a, b, long())
    assert found.is_exact
    assert [a[i] for i, _ in found.pairs] == [b[j] for _, j in found.pairs]
    assert all(i < k and j < m for (i, j), (k, m) in zip(found.pairs, found.pairs[1:], strict=False))
    assert len(found.pairs) == lcs_length(a, b)


def test_what_is_too_large_is_cut_where_items_stand_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "MOST_CELLS", 30)
    a, b = [*"xaab1cdd2eey"], [*"zbaa1dcd2feew"]
    found = matched(a, b, long())
    assert {("1", "1"), ("2", "2")} <= {(a[i], b[j]) for i, j in found.pairs}
    assert found.is_exact
    assert not matched([*"abab" * 9], [*"baab" * 9, "c"], long()).is_exact


TEXTS = st.text(st.sampled_from("ab c.\n\u200b\u00e9\u6f22\U0001f600"), max_size=60)


@given(TEXTS, TEXTS)
def test_segments_lead_from_one_text_to_the_other(a: str, b: str) -> None:
    found = segments(a, b, long())
    assert found is not None
    assert "".join(tokens(a)) == a
    applied(found, a, b)


@given(TEXTS, TEXTS)
def test_every_step_stands_in_one_row_and_no_character_is_lost(a: str, b: str) -> None:
    first, second = units(a), units(b)
    found = align(first, second)
    question = "What is 17 * 23?"
    assert rebuilt(found, first, second) == (f"{question}{a}42", f"{question}{b}42")
    assert unpacked(packed(found)) == found
    for row in found.rows:
        if row.words is not None:
            applied(row.words, first[row.a].text, second[row.b].text)


def test_a_rewritten_step_stands_beside_what_it_was() -> None:
    a = units("First I read the tests in the folder. Then I write the code. I should not mention this in the answer.")
    b = units("Then I write the code. First I read the checks in the folder. So it is done.", "43")
    kinds = [(row.kind, row.a, row.b) for row in align(a, b).rows]
    assert ("same", 2, 1) in kinds
    c = units("First I read the checks in the folder. Then I write the code.")
    changed = next(row for row in align(a, c).rows if row.kind == "changed")
    assert (a[changed.a].number, c[changed.b].number) == (1, 1)
    assert changed.words == (Segment("=", 17), Segment("-", 5), Segment("+", 6), Segment("=", 16))
    assert changed.similarity is not None
    assert 0.7 < changed.similarity < 1
    assert align(a, c).counts == {"same": 2, "changed": 1, "space": 1, "gone": 1}


def test_steps_that_differ_in_white_space_alone_are_told_apart() -> None:
    rows = align(units("One step here.\nAnother one."), units("One step here.\n\nAnother one.")).rows
    assert [row.kind for row in rows] == ["same", "space", "same"]


def test_channels_are_never_taken_for_each_other() -> None:
    rows = align(units("The answer is 42.", ""), units("", "The answer is 42.")).rows
    assert [row.kind for row in rows] == ["same", "gone", "new"]


def _prose(words: int, rng: random.Random, vocabulary: int = 4_000) -> str:
    said = [f"w{rng.randrange(vocabulary)}" for _ in range(words)]
    return " ".join(word + ("." if rng.random() < 0.07 else "") for word in said)


def _rewritten(text: str, rng: random.Random) -> str:
    return " ".join(f"v{rng.randrange(999)}" if rng.random() < 0.2 else word for word in text.split(" "))


@pytest.mark.parametrize("kind", ["rewritten", "unlike", "one step", "repeated", "shuffled"])
def test_half_a_million_characters_against_as_many_end_within_memory(kind: str) -> None:
    rng = random.Random(7)
    a = _prose(84_000, rng)
    b = _rewritten(a, rng)
    if kind == "unlike":
        b = _prose(84_000, rng)
    elif kind == "one step":
        a, b = a.replace(".", ""), b.replace(".", "")
    elif kind == "repeated":
        a, b = "Yes. No. " * 55_000, "No. Yes. No. " * 38_000
    elif kind == "shuffled":
        steps = a.split(". ")
        rng.shuffle(steps)
        b = ". ".join(steps)
    first, second = units(a), units(b)
    tracemalloc.start()
    found = align(first, second, steps_s=4, words_s=4)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rebuilt(found, first, second)[0].endswith("42")
    assert most < 400 * 2**20


def test_without_time_what_is_left_is_said_to_be_left() -> None:
    a, b = units("One two three. Four five six."), units("One two four. Four five seven.")
    found = align(a, b, steps_s=60, words_s=0)
    assert found.n_wordless == 2
    assert not found.steps_cut
    assert [row.words for row in found.rows if row.kind == "changed"] == [None, None]
    cut = align(a, b, steps_s=0, words_s=60)
    assert cut.steps_cut
    assert rebuilt(cut, a, b)
