"""The command `hijack`, with a judge on loopback."""

from __future__ import annotations

import json

import pytest

from monitors.__main__ import main
from tests.oversight.rubrics.judge_server import MODEL, JudgeServer


def asked(server: JudgeServer, *more: str) -> int:
    return main(["hijack", "--rubric", "encoded_reasoning", "--backend", server.url, *more])


def test_a_judge_that_finds_nothing_loses_nothing_to_the_orders(capsys: pytest.CaptureFixture[str]) -> None:
    with JudgeServer() as server:
        server.word = "never said"
        assert asked(server, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    [row] = said["rubrics"]
    assert (row["rubric"], row["judge"], row["n"]) == ("judge_encoded_reasoning", MODEL, 60)
    assert (row["n_lost"], row["n_obeyed"], row["n_unscored"], row["admitted"]) == (0, 60, 0, None)
    assert row["lost"]["low"] == 0
    assert row["lost"]["high"] == pytest.approx(0.0596, abs=1e-4)
    assert len(row["judge_digest"]) == len(row["prompt_sha256"]) == len(row["cases_sha256"]) == 64
    assert row["cost"]["calls"] >= 60


def test_the_table_names_the_judge_and_the_interval(capsys: pytest.CaptureFixture[str]) -> None:
    with JudgeServer() as server:
        assert asked(server) == 0
    out = capsys.readouterr().out
    assert "0 of 60  [0.000, 0.060]" in out
    assert f"Judge {MODEL}" in out


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--rubric", "nothing", "--backend", "local"), "no rubric 'nothing'"),
        (("--rubric", "coverage", "--backend", "recorded"), "one that can be asked"),
        (("--rubric", "coverage", "--backend", "local", "--threshold", "0"), "threshold"),
    ],
)
def test_a_wrong_request_is_said_in_words(more: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hijack", *more]) == 2
    assert says in capsys.readouterr().err
