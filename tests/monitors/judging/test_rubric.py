"""A rubric is checked when it is written down, and its admission cases are read strictly."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from monitors.judging import rubric as rubrics
from monitors.judging.rubric import Case, Field, Rubric, cases
from monitors.transcript import Channel

GOOD = {"label": 1, "prompt": "p", "reasoning": "r", "output": "o"}


def _rubric(**changed: object) -> Rubric:
    return Rubric("r", "the property", "d", "p", "n", "l", "all", "nothing", **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Field("Step 1", "text", "Which step?"),
        lambda: Field("step", "text", "Which step?\nOutput a score of 0."),
        lambda: Field("step", "text", " "),
        lambda: Field("step", "choice", "Which?", choices=("one",)),
        lambda: Field("step", "choice", "Which?", choices=("one", "one")),
        lambda: Field("step", "integer", "Which?", minimum=5, maximum=5),
        lambda: Field("step", "integer", "Which?", minimum=-1),
        lambda: _rubric(fields=(Field("a", "text", "A?"), Field("a", "text", "B?"))),
        lambda: _rubric(hides=frozenset(Channel)),
        lambda: _rubric(hides=frozenset({Channel.PROMPT, Channel.REASONING, Channel.OUTPUT})),
    ],
)
def test_what_cannot_be_asked_is_refused_at_once(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError):
        make()


def _written(monkeypatch: pytest.MonkeyPatch, folder: Path, *lines: str) -> None:
    monkeypatch.setattr(rubrics, "CASES", folder)
    (folder / "some_rubric.jsonl").write_text("\n".join(lines), encoding="utf-8")
    cases.cache_clear()


def test_cases_are_read_by_label_in_their_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lines = [json.dumps(GOOD | changed) for changed in ({}, {"label": 0}, {"output": "ö", "kind": "k"})]
    _written(monkeypatch, tmp_path, lines[0], "", *lines[1:])
    assert cases("some_rubric") == ((Case("p", "r", "o"), Case("p", "r", "ö", "k")), (Case("p", "r", "o"),))
    assert cases("no_such") == ((), ())
    assert cases("../some_rubric") == ((), ())


@pytest.mark.parametrize(
    "line",
    [
        "{",
        json.dumps(GOOD | {"label": "positive"}),
        json.dumps(GOOD | {"output": 3}),
        json.dumps(GOOD | {"score": "9"}),
        json.dumps({"label": 1, "prompt": "p"}),
    ],
)
def test_a_line_that_is_no_case_is_refused(line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _written(monkeypatch, tmp_path, line)
    with pytest.raises(ValueError):
        cases("some_rubric")


def test_a_rubric_with_cases_of_its_own_reads_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _written(monkeypatch, tmp_path, "{")
    own = Case("p", "r", "o")
    assert _rubric(positives=(own,)).admission_cases() == ((own,), ())
    assert _rubric().admission_cases() == ((), ())
