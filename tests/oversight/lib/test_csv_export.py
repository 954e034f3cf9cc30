"""Cells that a spreadsheet would run are text (attack A52)."""

from __future__ import annotations

import csv
import io

import pytest

from oversight.lib.csv_export import cell, lines


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        '"=1',
        "'=1",
        " =1",
        "＝1",
        "＋1",
        "－1",
        "＠x",
    ],
)
def test_what_could_be_a_formula_gets_an_apostrophe(text: str) -> None:
    assert cell(text) == "'" + text


@pytest.mark.parametrize("text", ["", "plain", "a=b", "1", "2026-11-21T10:00:00+00:00", "«=»"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


def test_none_is_empty() -> None:
    assert cell(None) == ""


def test_quotes_commas_and_line_ends_survive_the_way() -> None:
    rows = [["x", 'a "b", c', "one\r\ntwo", n] for n in range(450)]
    chunks = list(lines(rows))
    assert len(chunks) == 3
    back = list(csv.reader(io.StringIO(b"".join(chunks).decode(), newline="")))
    assert back == [["x", 'a "b", c', "one\r\ntwo", str(n)] for n in range(450)]
