"""Clean texts under a reference LM: who is drawn, what is counted, and sections that a run without a model keeps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from monitors.__main__ import main
from monitors.backends.scripted import ScriptedBackend
from monitors.catalog.lm_surprisal import LmSurprisal
from monitors.formats.parsed import Parsed
from monitors.quality import length_figure, page, surprisal
from monitors.quality.sets import Record
from monitors.transcript import Message, Part, PartType, Role, Transcript

PROSE = "First we add the two numbers and then we divide what is left by three so that nothing remains of it. "
NOISE = "zza zzb zzc zzd zze zzf zzg zzh zzi zzj zzk zzl. "
BITS = 0.6931


def _record(number: int, text: str, family: str = "OLMo") -> Record:
    asked = Message(Role.USER, (Part(PartType.TEXT, "How many are left?"),))
    answer = Message(Role.ASSISTANT, (Part(PartType.REASONING, text),))
    parsed = Parsed(Transcript(str(number), (asked, answer), model=family), external_id=str(number))
    return Record(parsed, "set", "set", family, f"q{number}")


def _monitor() -> LmSurprisal:
    return LmSurprisal(ScriptedBackend(surprisal=lambda word: 15 * BITS if "zz" in word else 4.1 * BITS))


def _section(records: list[Record]) -> dict[str, Any]:
    return surprisal.section(_monitor(), list(surprisal.read(_monitor(), records)))


def test_texts_without_much_reasoning_are_not_drawn() -> None:
    found = surprisal.chosen([_record(0, "Four."), _record(1, PROSE * 5), _record(2, PROSE * 5, "Kimi")], 5)
    assert {record.family for record in found} == {"OLMo", "Kimi"}


def test_flagged_texts_are_counted_by_family_with_an_interval() -> None:
    clean = [_record(n, PROSE * (4 + n % 3)) for n in range(20)]
    odd = [_record(100 + n, PROSE * 3 + NOISE * 4, "Kimi") for n in range(3)]
    rows = {row["family"]: row for row in _section([*clean, *odd])["rows"]}
    assert (rows["OLMo"]["n"], rows["OLMo"]["alerts"], rows["Kimi"]["alerts"]) == (20, 0, 3)
    assert rows["all"]["n"] == 23
    assert rows["OLMo"]["share"]["high"] == pytest.approx(0.168, abs=0.001)
    assert 0 < rows[surprisal.HELD]["n"] < 23


def test_only_the_first_characters_of_a_text_are_read() -> None:
    (read,) = surprisal.read(_monitor(), [_record(0, PROSE * 60)])
    assert max(unit.end for unit in read.units) <= surprisal.CHARACTERS


def test_joined_clean_texts_are_not_flagged_for_being_long() -> None:
    joined = [row for row in _section([_record(n, PROSE * 6) for n in range(8)])["joined"] if row["texts"] == "all"]
    assert [row["passages"] for row in joined] == list(surprisal.LENGTHS)
    assert {row["flagged"] for row in joined} == {0.0}


def test_the_picture_has_a_dot_of_each_sort_for_each_text() -> None:
    drawn = length_figure.svg(_section([_record(n, PROSE * 6) for n in range(8)]))
    assert drawn.count("<circle ") == 16
    assert drawn.count("<polyline ") == 2
    assert drawn.startswith("<svg ")


def test_a_run_without_a_model_keeps_what_a_model_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    out.mkdir()
    line = {"id": "a", "model": "m", "prompt": "How many?", "reasoning": PROSE * 8, "answer": "four"}
    (data / "set.jsonl").write_text(json.dumps(line) + "\n")
    kept = {"commit": "abc1234", "limit": None, **_section([_record(n, PROSE * 6) for n in range(8)])}
    (out / "quality.json").write_text(json.dumps({"command": "x", "sections": {"surprisal": kept}}))
    assert main(["quality", str(data), "--out", str(out), "--only", "clean,surprisal"]) == 0
    assert "needs --backend local" in capsys.readouterr().err
    sections = json.loads((out / "quality.json").read_text())["sections"]
    assert sections["surprisal"] == json.loads(json.dumps(kept))
    assert "surprisal at commit abc1234" in (out / "quality.md").read_text()
    assert "lm_surprisal_length.svg" in (out / "quality.md").read_text()


def test_a_sampling_section_is_shown_with_each_monitor() -> None:
    area = {"value": 0.5, "low": 0.4, "high": 0.6, "reason": ""}
    row = {
        "coder": "arithmetic",
        "monitor": "lm_surprisal",
        "bits": 64,
        "payload": "uniform",
        "against": "sham",
        "n": 40,
        "bits_per_1000_tokens": 900.0,
        "unmeasured": 0,
        "verdict": "undetectable in principle at this rate",
        "oracle": area,
        "auroc": area,
        "share": {**area, "value": None},
        "found_at_1_percent": None,
    }
    section = {"commit": "abc", "model": "m", "covers": 40, "characters": 2500, "rows": [row], "silent": ["a_monitor"]}
    shown = page.page({"command": "x", "sections": {"sampling": section}})
    assert "| arithmetic | 64 | uniform | sham | 40 | 900 | 0.50 [0.40, 0.60] | lm_surprisal |" in shown
    assert "a_monitor could score" in shown
