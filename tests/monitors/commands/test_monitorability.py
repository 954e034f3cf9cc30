"""The `monitorability` command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitors.__main__ import main

DAFT = Path(__file__).parents[2] / "data" / "monitorability" / "daft.txt"
LETTERS = {".": "0,0", "y": "1,0", "z": "0,1", "b": "1,1"}
HEADER = "instance_id,x,y,z\n"


def written(folder: Path, text: str) -> str:
    path = folder / "rollouts.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def daft() -> str:
    lines = (line.split() for line in DAFT.read_text().splitlines())
    rows = (f"{name},{x},{LETTERS[c]}\n" for name, *arms in lines for x, letters in enumerate(arms) for c in letters)
    return HEADER + "".join(rows)


def test_json_has_the_value_its_spread_and_what_stands_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["monitorability", written(tmp_path, daft()), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"g_mean2", "eligible", "q", "chance"}
    assert set(found["g_mean2"]) == {"value", "sd", "low", "high"}
    assert found["g_mean2"]["value"] == pytest.approx(0.20, abs=0.02)
    assert found["chance"] == pytest.approx(1 / (4 * found["q"]))


def test_the_table_tells_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["monitorability", written(tmp_path, daft())]) == 0
    shown = capsys.readouterr().out
    assert "1500 rollouts of 150 instances" in shown
    assert "g-mean2" in shown
    assert "flagging at random" in shown


def test_other_columns_a_mark_and_words_for_values_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{i},{x},{'True' if x else 'false'},{float(x)},anything\n" for i in range(12) for x in (0, 1)] * 5
    text = "\ufeffinstance_id,x,y,z,note\n" + "".join(rows)
    assert main(["monitorability", written(tmp_path, text), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["g_mean2"]["value"] == 1.0


def test_no_effect_is_null_with_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = HEADER + "a,0,0,0\na,1,0,0\n" * 5
    assert main(["monitorability", written(tmp_path, text), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["g_mean2"] == {"value": None, "sd": None, "low": None, "high": None}
    assert "in none of 200 splits" in found["reason"]
    assert main(["monitorability", written(tmp_path, text)]) == 0
    assert "no g-mean2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + "a,0,0,0\na,1,maybe,0\n", "rollouts.csv:3: y must be 0 or 1"),
        (HEADER + "a,0,0\n", "rollouts.csv:2: z must be 0 or 1"),
        (HEADER + "a,0,0,0,1\n", "rollouts.csv:2: has more cells than the header"),
        (HEADER + " ,0,0,0\n", "rollouts.csv:2: instance_id is empty"),
        (HEADER, "holds no rollouts"),
        ("", "the header lacks instance_id, x, y, z"),
        ("instance_id,x,y\n", "the header lacks z"),
        (HEADER + '"a,0,0,0\n', "is no CSV"),
    ],
)
def test_a_bad_file_is_refused_with_its_line_and_without_its_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    assert main(["monitorability", written(tmp_path, text), "--json"]) == 2
    told = capsys.readouterr()
    assert message in told.err
    assert "maybe" not in told.err
    assert told.out == ""


def test_a_missing_or_binary_file_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["monitorability", str(tmp_path / "none.csv")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    assert main(["monitorability", str(tmp_path / "binary.csv")]) == 2
    assert "is not UTF-8" in capsys.readouterr().err


def test_help_names_the_columns(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["monitorability", "--help"])
    assert end.value.code == 0
    assert "instance_id" in capsys.readouterr().out
