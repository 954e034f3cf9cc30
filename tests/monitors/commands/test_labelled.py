from __future__ import annotations

import pytest

from monitors.commands.expression import compile_where
from monitors.commands.labelled import Question, select
from monitors.commands.problem import Problem
from monitors.formats.detect import Parsed, parse


def make_parsed(number: int, **labels: object) -> Parsed:
    meta = {"group": f"g{number // 2}", "level": number}
    return parse(
        {"id": str(number), "prompt": "x", "source": "openai/grade-school-math x", "labels": labels, "meta": meta}
    )


ROWS = [make_parsed(0, stego=True), make_parsed(1, stego=False), make_parsed(2, stego=None), make_parsed(3)]


def test_true_and_false_are_positive_and_negative_and_null_is_left_out() -> None:
    labelled = select(ROWS, Question("labels.stego"))
    assert labelled.y_true == (True, False)
    assert labelled.groups == ('"g0"', '"g0"')
    assert labelled.n_unlabelled == 2


def test_a_value_can_be_positive_against_all_others_or_against_one() -> None:
    rows = [make_parsed(i, kind=kind) for i, kind in enumerate(["a", "b", "c"])]
    assert select(rows, Question("labels.kind", positive="a")).y_true == (True, False, False)
    assert select(rows, Question("labels.kind", positive="a", negative="b")).y_true == (True, False)
    assert select(rows, Question("labels.kind", negative="b")).y_true == (True, False, True)


def test_false_can_be_the_positive_value() -> None:
    rows = [make_parsed(0, correct=False), make_parsed(1, correct=True), make_parsed(2, correct=0)]
    assert select(rows, Question("labels.correct", positive="false")).y_true == (True, False, False)


def test_where_keeps_what_holds() -> None:
    rows = [make_parsed(i, stego=bool(i % 2)) for i in range(6)]
    labelled = select(rows, Question("labels.stego", where=compile_where("meta.level >= 4")))
    assert [parsed.external_id for parsed in labelled.records] == ["4", "5"]


def test_rows_without_the_group_are_clusters_of_their_own() -> None:
    rows = [make_parsed(i, stego=bool(i % 2)) for i in range(4)]
    assert len(set(select(rows, Question("labels.stego", group="meta.absent")).groups)) == 4


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (Question("labels.kind"), "neither true nor false"),
        (Question("labels.absent"), "no transcript has labels.absent; labels found: kind"),
        (Question("labels.monitor_gpt5_attributes"), "judge's own verdict"),
    ],
)
def test_a_label_that_cannot_be_used_is_a_problem(question: Question, message: str) -> None:
    with pytest.raises(Problem, match=message):
        select([make_parsed(0, kind="a")], question)


def test_the_maker_of_the_label_is_told() -> None:
    rows = [make_parsed(0, correct=True), make_parsed(1, correct=False)]
    assert select(rows, Question("labels.correct")).provenance == "program"
