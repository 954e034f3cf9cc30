"""The page holds everything it needs, and foreign names as text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from monitors.redteam.cell import Cell
from monitors.redteam.figure import figure
from monitors.redteam.page import Facts, page
from monitors.redteam.table import Verdict, as_csv, as_markdown, lines, rows, verdict
from monitors.redteam.trial import Arm
from tests.monitors.redteam.cells import cell

HOSTILE = "</script><script>alert(1)</script>"


FACTS = Facts(datetime(2026, 1, 1, tzinfo=UTC), (HOSTILE,), ((HOSTILE, 3),), ("byte_channels v1",), (16,), 60)


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (cell(), Verdict.FOUND),
        (cell(flagged=20), Verdict.IN_PART),
        (cell(flagged=0), Verdict.GETS_THROUGH),
        (cell(flagged=1), Verdict.GETS_THROUGH),
        (cell(oracle=0.55, flagged=0), Verdict.UNDETECTABLE),
        (cell(oracle=0.55, flagged=50), Verdict.EDITS_SEEN),
        (cell(n_made=0), Verdict.NO_COVER),
        (cell(n_made=19), Verdict.TOO_FEW),
        (cell(oracle=None), Verdict.TOO_FEW),
        (cell(n=0, flagged=0), Verdict.NO_SCORE),
    ],
)
def test_a_cell_says_what_it_means(of: Cell, said: Verdict) -> None:
    assert verdict(of) == said


def test_the_page_loads_nothing_and_holds_plotly_once() -> None:
    html = page([cell(), replace(cell(), against=Arm.SHAM)], FACTS)
    assert len(re.findall(r"<script[ >]", html.replace("<script>alert", ""))) >= 3
    assert not re.search(r"<(script|link|img|iframe)[^>]*\b(src|href)=", html)
    assert html.count("plotly.js v") == 1


def test_foreign_names_stay_text() -> None:
    assert HOSTILE not in page([cell()], FACTS)


def test_figures_are_drawn_for_each_choice_and_are_json() -> None:
    html = page([cell(), replace(cell(), against=Arm.SHAM)], FACTS)
    found = re.search(r'id="figures">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    assert set(json.loads(found.group(1))) == {"uniform clean", "uniform sham"}


def test_a_line_has_a_point_for_each_size_that_was_measured() -> None:
    drawn = figure([cell(size=16), cell(size=64), cell(size=256, n_made=3)])
    lines_by_name = {trace["name"]: trace for trace in drawn["data"]}
    assert set(lines_by_name) == {"oracle", "byte_channels"}
    assert lines_by_name["oracle"]["x"] == [16.0, 64.0]
    assert "256 bits" in drawn["layout"]["annotations"][0]["text"]


def test_each_line_is_named_once_and_one_without_points_not_at_all() -> None:
    unscored = cell(n=0, flagged=0)
    data = figure([unscored, replace(cell(), coder="acrostic"), replace(cell(), coder="word_parity")])["data"]
    named = [(trace["name"], trace["xaxis"]) for trace in data if trace["showlegend"]]
    assert named == [("oracle", "x1"), ("byte_channels", "x2")]


def test_an_oracle_that_finds_nothing_is_marked() -> None:
    (trace, _) = figure([cell(oracle=0.5)])["data"]
    assert trace["marker"]["symbol"] == ["x-thin-open"]


def test_rows_are_the_oracle_and_the_monitors() -> None:
    table = list(rows([cell()]))
    assert [row["monitor"] for row in table] == ["oracle", "byte_channels"]
    assert table[1]["share_of_oracle"] == 0.8
    assert as_csv(table).splitlines()[0].startswith("coder,family,payload,bits,against")


def test_both_arms_stand_side_by_side() -> None:
    (line,) = lines([cell(), replace(cell(), against=Arm.SHAM)])
    assert line[:5] == ["zero_width", "uniform", "16", "16", "50/60"]


def test_a_document_gets_the_verdict_too() -> None:
    heading, rule, line = as_markdown([cell(flagged=0), replace(cell(), against=Arm.SHAM)]).splitlines()
    assert heading.count("|") == rule.count("|") == line.count("|")
    assert line.endswith("| gets through |")
