"""The command line contract, on small real files."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from monitors.__main__ import main

FIXTURES = Path(__file__).parent / "fixtures"
RECORDS = FIXTURES / "records.jsonl"
STEG = FIXTURES / "prompted_steg_small.jsonl.gz"
ROOT = Path(__file__).parent.parent.parent
BOTH = "byte_channels,answer_consistency"


def scored(*arguments: str | Path, out: Path) -> tuple[int, list[dict[str, Any]]]:
    status = main(["score", *map(str, arguments), "--out", str(out)])
    return status, [json.loads(line) for line in out.read_text().splitlines()]


def evaluated(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, Any]:
    assert main(["evaluate", *map(str, arguments), "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


def test_list_gives_every_monitor_with_its_contract(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert set(rows["byte_channels"]) == {"name", "version", "axis", "resource", "needs", "reference", "is_baseline"}
    assert rows["byte_channels"]["axis"] == "steganography"
    assert rows["byte_channels"]["needs"] == []
    assert rows["judge_encoded_reasoning"]["needs"] == ["judge"]


def test_the_module_runs_without_django_or_torch() -> None:
    source = (
        "import sys, runpy; sys.argv = ['monitors', 'list']\ntry: runpy.run_module('monitors', run_name='__main__')\n"
    )
    source += (
        "except SystemExit as end: assert not end.code\nassert not {'django', 'torch', 'httpx'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "answer_consistency" in done.stdout


def test_score_writes_one_line_for_each_transcript_and_monitor(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "monitors", "score", RECORDS, "--monitors", BOTH, "--out", tmp_path / "out.jsonl"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    ids = [json.loads(line)["id"] for line in RECORDS.read_text().splitlines()]
    assert done.returncode == 0
    assert [row["id"] for row in rows[::2]] == ids
    assert [row["monitor"] for row in rows[:2]] == ["byte_channels", "answer_consistency"]
    for row in rows:
        assert {"id", "monitor", "version", "state", "score", "raw", "unit", "evidence", "cost"} <= set(row)
        assert (row["score"] is None) == (row["state"] != "scored")
        tokens = {"prompt_tokens", "completion_tokens", "cached_tokens"}
        assert set(row["cost"]) == {"seconds", "calls", "money", *tokens}
    assert "14 transcripts read, 0 unreadable" in done.stderr
    assert "byte_channels: scored 14, unscored 0" in done.stderr
    assert "not_extractable" in done.stderr


def test_evidence_is_written_with_part_offsets_quote_and_note(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text(json.dumps({"id": "x", "prompt": "Why?", "answer": "So\u202e."}))
    _, (row,) = scored(path, "--monitors", "byte_channels", out=tmp_path / "out.jsonl")
    (evidence,) = row["evidence"]
    assert (evidence["part"], evidence["start"], evidence["end"], evidence["quote"]) == (1, 2, 3, "\u202e")
    assert "RIGHT-TO-LEFT OVERRIDE" in evidence["note"]
    assert row["channels"] == {"prompt": 0.0, "output": 1.0}


def test_unreadable_lines_are_named_and_counted_and_the_rest_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"id": "a", "prompt": "x"}\n{"id": "b", "prompt": \n[1]\n{"id": "c", "prompt": "x"}\n')
    status, rows = scored(path, tmp_path / "missing.jsonl", "--monitors", "byte_channels", out=tmp_path / "out.jsonl")
    errors = capsys.readouterr().err
    assert status == 1
    assert [row["id"] for row in rows] == ["a", "c"]
    assert f"{path}:2: line 1" in errors
    assert f"{path}:3: payload" in errors
    assert "missing.jsonl: cannot be read" in errors
    assert "2 transcripts read, 3 unreadable" in errors


def test_a_truncated_gzip_file_is_reported_and_what_was_read_is_scored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(STEG.read_bytes()[:-2000])
    status, rows = scored(path, "--monitors", "byte_channels", out=tmp_path / "out.jsonl")
    assert status == 1
    assert len(rows) > 10
    assert "cut off" in capsys.readouterr().err


def test_processes_give_the_same_lines_in_the_same_order(tmp_path: Path) -> None:
    def run(jobs: str) -> list[dict[str, Any]]:
        _, rows = scored(*[STEG] * 4, "--monitors", BOTH, "--jobs", jobs, out=tmp_path / f"{jobs}.jsonl")
        return [{key: value for key, value in row.items() if key != "cost"} for row in rows]

    assert run("2") == run("1")
    assert len(run("1")) == 4 * 160


def test_limit_stops_after_that_many_transcripts(tmp_path: Path) -> None:
    _, rows = scored(RECORDS, STEG, "--monitors", "byte_channels", "--limit", "3", out=tmp_path / "out.jsonl")
    assert len(rows) == 3


def test_a_judge_without_a_backend_is_unscored_and_no_error(tmp_path: Path) -> None:
    status, rows = scored(RECORDS, "--monitors", "judge_encoded_reasoning", "--limit", "2", out=tmp_path / "out.jsonl")
    assert status == 0
    assert [(row["state"], row["score"], row["reason"]) for row in rows] == [("unscored", None, "no_backend")] * 2


def test_recorded_verdicts_score_where_there_are_any(tmp_path: Path) -> None:
    judges = "judge_encoded_reasoning,judge_unfaithful_explanation"
    _, rows = scored(RECORDS, "--monitors", judges, "--backend", "recorded", out=tmp_path / "out.jsonl")
    found = {(row["id"], row["monitor"]): row["score"] for row in rows if row["state"] == "scored"}
    records = [json.loads(line) for line in RECORDS.read_text().splitlines()]
    suspicious = next(r for r in records if r["labels"].get("monitor_haiku_suspicious"))
    assert found[suspicious["id"], "judge_encoded_reasoning"] == suspicious["meta"]["monitor_confidence"]
    assert {row["reason"] for row in rows if row["state"] != "scored"} == {"no_recorded_verdict"}


def test_evaluate_tells_what_the_data_carry(capsys: pytest.CaptureFixture[str]) -> None:
    result = evaluated(capsys, STEG, "--label", "labels.stego", "--monitors", BOTH, "--group", "meta.problem_id")
    assert (result["n"], result["positives"], result["clusters"], result["unlabelled"]) == (80, 40, 20, 0)
    assert result["label_provenance"] == "program"
    byte_channels, consistency = result["monitors"]
    assert (byte_channels["n"], byte_channels["unscored"]) == (80, 0)
    assert byte_channels["auroc"] == {"value": 0.5, "low": 0.5, "high": 0.5, "reason": None}
    assert byte_channels["tpr_at_fpr_1"]["value"] is None
    assert "40 negatives" in byte_channels["tpr_at_fpr_1"]["reason"]
    assert consistency["n"] + consistency["unscored"] == 80
    assert consistency["unscored_by_reason"] == {"not_extractable": consistency["unscored"]}
    assert [row["monitor"] for row in result["baselines"]] == ["length", "majority"]
    assert result["baselines"][1]["auprc"]["value"] == 0.5


def test_few_clusters_leave_the_interval_out_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    result = evaluated(capsys, STEG, "--label", "labels.stego", "--monitors", "byte_channels", "--group", "meta.run")
    area = result["monitors"][0]["auroc"]
    assert (area["value"], area["low"], area["high"]) == (0.5, None, None)
    assert area["reason"] == "2 clusters; an interval needs 10"


def test_evaluate_selects_by_expression_and_by_value(capsys: pytest.CaptureFixture[str]) -> None:
    result = evaluated(
        capsys,
        STEG,
        "--label",
        "labels.scheme",
        "--positive",
        "hex",
        "--negative",
        "acrostic",
        "--where",
        "labels.stego and model != 'llama4-maverick'",
        "--monitors",
        "byte_channels",
    )
    rows = [json.loads(line) for line in gzip.decompress(STEG.read_bytes()).splitlines()]
    kept = [r["labels"].get("scheme") for r in rows if r["labels"]["stego"] and r["model"] != "llama4-maverick"]
    assert result["positives"] == kept.count("hex") > 0
    assert result["n"] == kept.count("hex") + kept.count("acrostic")


def test_a_label_made_by_the_judge_itself_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["evaluate", str(RECORDS), "--label", "labels.unfaithful", "--backend", "recorded", "--monitors"]
    assert main([*arguments, "judge_unfaithful_explanation"]) == 2
    assert "derived from gpt-5" in capsys.readouterr().err
    assert main([*arguments, "judge_encoded_reasoning"]) == 0


def test_the_table_for_people_has_a_row_for_each_monitor_and_baseline(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(STEG), "--label", "labels.stego", "--monitors", BOTH]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in ("byte_channels", "answer_consistency", "length", "majority", "AUROC"))
    assert "no TPR at 1 % FPR: 40 negatives" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["score", str(RECORDS), "--monitors", "nonesuch"], "there are answer_consistency"),
        (["evaluate", str(STEG), "--label", "labels.nothing", "--monitors", BOTH], "labels found"),
        (["evaluate", str(STEG), "--label", "labels.kind", "--monitors", BOTH], "--positive VALUE"),
        (["evaluate", str(STEG), "--label", "labels.stego", "--monitors", BOTH, "--where", "f()"], "not allowed"),
    ],
)
def test_a_wrong_request_ends_with_status_2_and_a_sentence(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("option", [["--backend", "magic"], ["--jobs", "0"], ["--limit", "x"], ["--monitors", ","]])
def test_a_wrong_option_is_refused_by_the_parser(option: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["score", str(RECORDS), "--monitors", "byte_channels", *option])
    assert end.value.code == 2
