"""The command `admit`, with a judge on loopback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitors.__main__ import main
from monitors.registry import build
from tests.oversight.rubrics.judge_server import MODEL, JudgeServer


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OVERSIGHT_MODEL_CACHE", str(tmp_path))
    return tmp_path


class Knowing(JudgeServer):
    """Knows the cases of one rubric by heart."""

    def __init__(self, name: str) -> None:
        super().__init__()
        positives, _ = build(name).rubric.admission_cases()  # type: ignore[attr-defined]  # it is a judge
        self.positives = {case.reasoning for case in positives}

    def answer(self, said: str) -> str:
        self.word = "" if any(text and text in said for text in self.positives) else "never said"
        return super().answer(said)


def asked(server: JudgeServer, *more: str) -> int:
    return main(["admit", "--rubric", "encoded_reasoning", "--backend", server.url, *more])


def test_a_judge_that_says_the_same_of_everything_may_not_flag(capsys: pytest.CaptureFixture[str]) -> None:
    with JudgeServer() as server:
        server.word = "never said"
        assert asked(server, "--json") == 0
    [row] = map(json.loads, capsys.readouterr().out.splitlines())
    assert (row["monitor"], row["judge"], row["admitted"]) == ("judge_encoded_reasoning", MODEL, False)
    assert (row["parse_rate"], row["auroc"]) == (1.0, 0.5)
    assert row["n_positive"] >= 30 <= row["n_negative"]


def test_a_judge_that_tells_the_cases_apart_may_flag_and_is_known_for_it(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    with Knowing("judge_encoded_reasoning") as server:
        assert asked(server) == 0
        table = capsys.readouterr().out
        n_asked = len(server.judged)
        assert asked(server) == 0
        assert len(server.judged) == 2 * n_asked, "it is asked anew"
    assert "judge_encoded_reasoning" in table
    assert table.splitlines()[1].endswith("yes")
    assert f"Judge {MODEL}" in table
    [kept] = json.loads((folder / "admissions.json").read_text())
    assert kept["admitted"]


def test_a_judge_that_does_not_answer_is_neither(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    with JudgeServer() as server:
        url = server.url
    assert main(["admit", "--rubric", "coverage", "--backend", url]) == 2
    assert capsys.readouterr().err == "the model server cannot be reached\n"
    assert not (folder / "admissions.json").exists()
