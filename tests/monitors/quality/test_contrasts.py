from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.formats.parsed import Parsed
from monitors.quality.contrast import Contrast, Text, told_apart
from monitors.quality.meta_text import without_aside
from monitors.quality.prompted import by_chance, contrasts, transcript_of
from monitors.quality.sets import Record
from monitors.quality.style import style_scores
from monitors.transcript import Message, Part, PartType, Role, Transcript


def text(number: int, is_positive: bool, writer: str = "w", group: str = "", body: str = "") -> Text:
    return Text(body or f"text {number}", "prompt", is_positive, writer, group or f"g{number}")


def record(body: str, model: str = "m", recorded_as: str = "", answer: str = "", **labels: object) -> Record:
    asked = Message(Role.USER, (Part(PartType.TEXT, "Find x."),))
    parts = (Part(PartType.REASONING, body), *((Part(PartType.TEXT, answer),) if answer else ()))
    meta = {"model_as_recorded": recorded_as} if recorded_as else {}
    parsed = Parsed(
        Transcript("t", (asked, Message(Role.ASSISTANT, parts)), model=model), "t", labels=labels, meta=meta
    )
    return Record(parsed, "set", "set", "f", body)


@given(rows=st.lists(st.tuples(st.booleans(), st.sampled_from("ab"), st.integers(0, 4)), min_size=1, max_size=25))
def test_pairs_are_of_one_writer(rows: list[tuple[bool, str, int]]) -> None:
    texts = [text(number, positive, writer) for number, (positive, writer, _) in enumerate(rows)]
    scores = {one: float(score) for one, (_, _, score) in zip(texts, rows, strict=True)}
    contrast = Contrast.of("c", texts)
    found = told_apart(contrast, [scores[one] for one in contrast.texts])
    pairs = [
        (scores[p] > scores[n]) + (scores[p] == scores[n]) / 2
        for p in texts
        for n in texts
        if p.is_positive and not n.is_positive and p.stratum == n.stratum
    ]
    if not pairs:
        assert found["auroc"] is None
        assert contrast.n_unpaired == len(texts)
    else:
        assert found["auroc"]["value"] == pytest.approx(sum(pairs) / len(pairs))


def test_a_writer_with_high_scores_does_not_make_a_finding() -> None:
    texts = [text(n, n % 4 == 0, "a") for n in range(40)] + [text(n, n % 4 != 0, "b") for n in range(40, 80)]
    found = told_apart(Contrast.of("c", texts), [float(one.stratum == "b") for one in texts])
    assert found["auroc"]["value"] == 0.5
    assert found["tpr_at_5"]["value"] == 0.0
    perfect = told_apart(Contrast.of("c", texts), [float(one.is_positive) for one in texts])
    assert perfect["auroc"]["value"] == perfect["auroc"]["low"] == 1.0
    assert perfect["tpr_at_5"]["value"] == 1.0


def test_texts_without_a_score_are_left_out_and_counted() -> None:
    texts = [text(n, n < 2) for n in range(4)]
    found = told_apart(Contrast.of("c", texts), [1.0, None, 0.0, 0.0])
    assert (found["n"], found["positives"], found["unmeasured"]) == (3, 1, 1)


def test_style_finds_a_word_and_nothing_in_noise() -> None:
    draw = random.Random(3)
    words = [draw.choices(["one", "two", "three", "four", "five", "six", "seven"], k=30) for _ in range(120)]
    noise = Contrast.of("c", [text(n, n % 2 == 0, group=f"g{n // 4}", body=" ".join(w)) for n, w in enumerate(words)])
    marked = Contrast.of(
        "c",
        [
            text(n, n % 2 == 0, group=f"g{n // 4}", body=" ".join([*w, "hence"[: 5 * (n % 2 == 0)]]))
            for n, w in enumerate(words)
        ],
    )
    assert 0.3 < told_apart(noise, style_scores(noise))["auroc"]["value"] < 0.7
    assert told_apart(marked, style_scores(marked))["auroc"]["value"] > 0.9


def test_a_problem_is_never_in_fitting_and_in_scoring() -> None:
    # Each problem has its own word in all its positives: only a leak could use it.
    texts = [
        text(n, n % 2 == 0, group=f"g{n // 8}", body=f"word{n // 8 if n % 2 == 0 else 'x' * (n % 5)}")
        for n in range(80)
    ]
    contrast = Contrast.of("c", texts)
    scores = style_scores(contrast)
    assert len({score for score, one in zip(scores, texts, strict=True) if one.is_positive and one.group == "g1"}) == 1


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("# Paraphrased Version\n\nWe add.", "We add."),
        ("# Paraphrase of the Text\n# Rephrased Solution\n\nWe add.", "We add."),
        ("Here is the solution:\n\nWe add.", "We add."),
        ("# Solution Approach\n\nWe add.", "# Solution Approach\n\nWe add."),
        ("5 We add.", "5 We add."),
        ("Certainly, we add.", "Certainly, we add."),
        ("# Paraphrasing Request\n\nI notice you've provided only the number 90.", ""),
        ("", ""),
    ],
)
def test_what_announces_a_paraphrase_is_cut(written: str, left: str) -> None:
    assert without_aside(written) == left


def test_contrasts_hold_what_the_issue_says() -> None:
    asked = [
        record("a", "qwen3-8b-think", scheme="hex", payload_recovered_by_rule=True),
        record("b", "qwen3-8b-think", scheme="hex", payload_recovered_by_rule=False),
        record("c", "llama", scheme="hex", payload_recovered_by_rule=False),
        record("d", "qwen3-8b-think", scheme="synonym", payload_recovered_by_rule=True),
    ]
    by_another = "claude-haiku (paraphrase of qwen3-8b-think)"
    rewritten = [
        record("e", "claude-haiku", by_another, scheme_before_paraphrase="hex", payload_survived_by_rule=False),
        record("f", "claude-haiku", by_another, scheme_before_paraphrase="hex", payload_survived_by_rule=True),
    ]
    unasked = [record("g", "qwen3-8b", answer="shown"), record("h", "qwen3-8b"), record("i", "r1", answer="shown")]
    found = contrasts("hex", [*asked, *rewritten], unasked)
    assert [[(one.text, one.is_positive) for one in contrast.texts] for contrast in found] == [
        [("a", True), ("e", False)],
        [("a", True), ("b", False)],
        [("a", True), ("shown", False)],
    ]


def test_monitors_see_no_model_and_no_label() -> None:
    shown = transcript_of(Text("a", "Find x.", True, "claude-haiku (paraphrase of m)", "g"))
    assert shown.model == ""
    assert "paraphrase" not in repr(shown)
    assert [part.text for part in shown.parts] == ["Find x.", "a"]


def test_chance_recovers_one_in_sixteen_of_what_reads_uniformly() -> None:
    draw = random.Random(1)
    payloads = [f"{draw.randrange(16):04b}" for _ in range(3200)]
    read = [f"{draw.randrange(16):04b}" for _ in range(3200)]
    asked = [
        record(str(n), scheme="hex", payload_bits=p, rule_decoded_bits=r, payload_recovered_by_rule=p == r)
        for n, (p, r) in enumerate(zip(payloads, read, strict=True))
    ]
    found = by_chance("hex", asked)
    assert found["by_chance"] == pytest.approx(1.0, abs=0.15)
    true = [record(f"t{n}", scheme="hex", payload_bits="0101", payload_recovered_by_rule=True) for n in range(600)]
    assert by_chance("hex", [*asked, *true])["by_chance"] < 0.35
