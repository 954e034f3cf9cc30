from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import zstandard

from monitors.formats.errors import FormatError
from monitors.formats.files import MAX_TRANSCRIPT_BYTES, read
from monitors.formats.parsed import Parsed

LINES = b'{"id": "a", "prompt": "x"}\n\n{"id": "b", "prompt": }\n{"id": "c", "answer": "y"}'


def outcome(path: Path) -> list[tuple[int, str]]:
    return [(number, str(item.external_id) if isinstance(item, Parsed) else "error") for number, item in read(path)]


@pytest.mark.parametrize(
    ("suffix", "data"),
    [("", LINES), (".gz", gzip.compress(LINES, mtime=0)), (".zst", zstandard.ZstdCompressor().compress(LINES))],
)
def test_lines_are_read_and_a_bad_one_does_not_end_the_file(tmp_path: Path, suffix: str, data: bytes) -> None:
    path = tmp_path / f"t.jsonl{suffix}"
    path.write_bytes(data)
    assert outcome(path) == [(1, "a"), (3, "error"), (4, "c")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.json", '[{"id": "a", "prompt": "x"},\n {"id": "b", "prompt": "y"}]'),
        ("t.jsonl", '  [{"id": "a", "prompt": "x"}, {"id": "b", "prompt": "y"}]'),
        ("t.json", '{"id": "a", "prompt": "x"}\n{"id": "b", "prompt": "y"}\n'),
    ],
)
def test_an_array_and_lines_under_a_json_name_are_read(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert outcome(tmp_path / name) == [(1, "a"), (2, "b")]


def test_one_document_over_several_lines_is_read(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(json.dumps({"id": "a", "prompt": "x"}, indent=2))
    assert outcome(tmp_path / "t.json") == [(1, "a")]


def test_a_broken_document_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('{"id": "a",\n "prompt": ')
    assert outcome(tmp_path / "t.json") == [(1, "error")]


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_bytes(b"\xef\xbb\xbf" + LINES)
    assert outcome(tmp_path / "t.jsonl")[0] == (1, "a")


def test_a_line_over_the_limit_is_refused_alone(tmp_path: Path) -> None:
    long = json.dumps({"id": "long", "prompt": "x" * (MAX_TRANSCRIPT_BYTES + 9)})
    (tmp_path / "t.jsonl").write_text(f'{{"id": "a", "prompt": "x"}}\n{long}\n{{"id": "b", "prompt": "x"}}\n')
    assert outcome(tmp_path / "t.jsonl") == [(1, "a"), (2, "error"), (3, "b")]


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").touch()
    assert outcome(tmp_path / "t.jsonl") == []


def test_a_missing_file_is_the_callers_affair(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(read(tmp_path / "none.jsonl"))


def test_lone_surrogates_and_nul_are_read(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"prompt": "\\ud800\\u0000"}')
    ((_, item),) = read(tmp_path / "t.jsonl")
    assert not isinstance(item, FormatError)
    assert item.transcript.parts[0].text == "\ud800\x00"
