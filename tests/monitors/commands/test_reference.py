"""The clean mean and spread of a pair of models, from a file of clean transcripts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitors.__main__ import main

TEXT = "first we add the two numbers and then we divide what is left by three so that nothing remains of it "


@pytest.fixture
def transcripts(tmp_path: Path) -> Path:
    path = tmp_path / "clean.jsonl"
    lines = [
        {
            "id": f"t{n}",
            "model": "m",
            "prompt": f"What is {n}?",
            "reasoning": TEXT[n % 7 :] * 3,
            "answer": "x",
        }
        for n in range(31)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.lm
def test_mean_and_spread_are_told_as_parameters(
    transcripts: Path, thin_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = f"{thin_model},{thin_model}"
    assert main(["reference", str(transcripts), "--model", pair]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["n"], told["pair"], told["monitor"]) == (31, pair, "cross_perplexity")
    assert 0.5 < told["parameters"]["location"] < 3.0
    assert 0.0 < told["parameters"]["spread"] < 0.5


@pytest.mark.lm
def test_too_few_transcripts_are_refused(
    transcripts: Path, thin_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reference", str(transcripts), "--model", f"{thin_model},{thin_model}", "--limit", "4"]) == 2
    assert "30 are the least" in capsys.readouterr().err


def test_one_model_is_no_pair(transcripts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reference", str(transcripts), "--backend", "none"]) == 2
    assert "no pair" in capsys.readouterr().err
