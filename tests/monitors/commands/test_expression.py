from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.commands.expression import ExpressionError, compile_where, lookup

RECORD = {
    "id": "a1",
    "model": "qwen3-8b",
    "labels": {"stego": True, "kind": "probe", "rating": 6.5, "none": None},
    "meta": {"level": 4, "odd-key": {"deep": [1, 2]}},
}


@pytest.mark.parametrize(
    "source",
    [
        "labels.stego",
        "labels.stego == true and meta.level >= 4",
        "labels.kind in ['probe', 'control']",
        "labels.kind not in ('x', 'y')",
        "not labels.absent",
        "labels.absent is None",
        "labels.none == null",
        "3 < meta.level < 5",
        "meta['odd-key'].deep == [1, 2]",
        "model != 'gpt-4' or labels.rating < -1",
        "'qwen' in model",
    ],
)
def test_what_holds_is_kept(source: str) -> None:
    assert compile_where(source)(RECORD) is True


@pytest.mark.parametrize(
    "source",
    [
        "labels.absent",
        "labels.absent > 3",
        "labels.kind < 3",
        "labels.absent.deeper == 1",
        "'x' in meta.level",
        "-labels.kind == 1",
    ],
)
def test_what_is_absent_or_not_comparable_does_not_hold(source: str) -> None:
    assert compile_where(source)(RECORD) is False


@pytest.mark.parametrize(
    "source",
    [
        "__import__('os').system('true')",
        "labels.kind.upper()",
        "[x for x in labels]",
        "lambda: 1",
        "(labels := 1)",
        "f'{labels}'",
        "1 + 1",
        "2 ** 9999999",
        "labels if true else meta",
        "",
        "labels.stego ==",
        "1;2",
        "(" * 300 + ")" * 300,
        "'x' * 2000000",
        "a" * 3000,
    ],
)
def test_everything_else_is_refused(source: str) -> None:
    with pytest.raises(ExpressionError):
        compile_where(source)


def test_attributes_of_python_objects_cannot_be_reached() -> None:
    assert compile_where("labels.__class__ == null and model.__len__ is None")(RECORD) is True


@given(st.text(max_size=60))
def test_any_text_is_a_predicate_or_refused(source: str) -> None:
    try:
        predicate = compile_where(source)
    except ExpressionError:
        return
    assert predicate(RECORD) in (True, False)


def test_a_path_through_something_else_than_objects_is_absent() -> None:
    assert lookup(RECORD, "labels.kind.first") is None
    assert lookup(RECORD, "meta.odd-key.deep") == [1, 2]
