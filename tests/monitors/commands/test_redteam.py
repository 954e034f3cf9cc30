"""`redteam` from the command line: table and page, and going on after a kill or an interrupt."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from monitors.__main__ import main
from monitors.redteam.results import opened
from tests.monitors.redteam.arena import write_file

ROOT = Path(__file__).parent.parent.parent.parent
ARENA = ["--coders", "zero_width,acrostic", "--monitors", "byte_channels", "--sizes", "8,64", "--min-characters", "500"]


def _redteam(file: Path, out: Path, *more: str) -> int:
    return main(["redteam", str(file), "--out", str(out), *ARENA, *more])


def _table(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / "table.csv").read_text())))


def _mind_interrupts() -> None:
    """A shell has what it starts in the background ignore them, and so does what that starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _ended_after_some(file: Path, out: Path, signal_number: int, *more: str) -> int:
    """Run it as a process of its own until it says that some is done, then send the signal."""
    command = [sys.executable, "-m", "monitors", "redteam", str(file), "--out", str(out), *ARENA, *more]
    with subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, preexec_fn=_mind_interrupts
    ) as process:
        assert process.stderr is not None
        assert any("% attacked" in line for line in process.stderr)
        process.send_signal(signal_number)
        return process.wait(timeout=60)


def test_a_table_and_one_page_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _redteam(write_file(tmp_path / "t.jsonl", 24), tmp_path / "out") == 0
    said = capsys.readouterr()
    assert "24 covers of 1 models" in said.err
    assert "zero_width" in said.out
    table = _table(tmp_path / "out")
    assert len(table) == 2 * 2 * 2 * 2 * 2
    assert json.loads((tmp_path / "out" / "table.json").read_text())[0]["coder"] == table[0]["coder"]
    found = next(
        row
        for row in table
        if (row["coder"], row["payload"], row["bits"], row["against"], row["monitor"])
        == ("zero_width", "uniform", "8", "clean", "byte_channels")
    )
    assert (float(found["tpr"]), float(found["oracle_auroc"]), found["texts"]) == (1.0, 1.0, "24")
    assert abs(float(found["fpr_claimed"]) - 1 / 13) < 1e-9
    assert "gets through" in (tmp_path / "out" / "redteam.html").read_text()


def test_a_killed_run_is_continued_to_the_same_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_file(tmp_path / "t.jsonl", 24)
    assert _ended_after_some(file, tmp_path / "killed", signal.SIGKILL, "--jobs", "2") == -signal.SIGKILL
    with opened(tmp_path / "killed" / "results.jsonl") as results:
        n_before = len(results.scores)
    assert n_before > 0
    assert not (tmp_path / "killed" / "table.csv").exists()
    assert _redteam(file, tmp_path / "killed") == _redteam(file, tmp_path / "whole") == 0
    assert _table(tmp_path / "killed") == _table(tmp_path / "whole")
    n_lines = (tmp_path / "killed" / "results.jsonl").read_bytes().count(b"\n")
    assert n_lines == (tmp_path / "whole" / "results.jsonl").read_bytes().count(b"\n")


def test_an_interrupt_ends_with_130_and_whole_lines(tmp_path: Path) -> None:
    # More than can be done before a busy machine has sent the signal.
    file = write_file(tmp_path / "t.jsonl", 200)
    assert _ended_after_some(file, tmp_path / "out", signal.SIGINT, "--jobs", "2") == 130
    written = (tmp_path / "out" / "results.jsonl").read_bytes()
    assert written.endswith(b"\n")
    assert all(json.loads(line) for line in written.splitlines())


def test_what_was_measured_is_not_measured_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_file(tmp_path / "t.jsonl", 6)
    assert _redteam(file, tmp_path / "out") == 0
    before = (tmp_path / "out" / "results.jsonl").read_bytes()
    assert _redteam(file, tmp_path / "out") == 0
    assert "measured already" in capsys.readouterr().err
    assert (tmp_path / "out" / "results.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (["--coders", "nope"], "no coder 'nope'"),
        (["--coders", "arithmetic"], "--backend local"),
        (["--monitors", "nope"], "no monitor 'nope'"),
        (["--min-characters", "1000000"], "see --min-characters"),
    ],
)
def test_a_wrong_request_ends_with_a_sentence(
    more: list[str], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _redteam(write_file(tmp_path / "t.jsonl", 3), tmp_path / "out", *more) == 2
    assert complaint in capsys.readouterr().err


def test_a_folder_that_is_in_use_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").mkdir()
    with opened(tmp_path / "out" / "results.jsonl"):
        assert _redteam(write_file(tmp_path / "t.jsonl", 3), tmp_path / "out") == 2
    assert "another run" in capsys.readouterr().err
