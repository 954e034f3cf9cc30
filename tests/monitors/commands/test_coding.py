"""encode, decode and coders as people use them: through files and pipes, with errors that say what to do."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from monitors.__main__ import main
from monitors.coders.bits import bits_of
from monitors.coders.carrier import carrier
from monitors.coders.coder import Cover, coders
from monitors.commands.reading import Reader
from tests.monitors.redteam.arena import write_file

ROOT = Path(__file__).parent.parent.parent.parent
_TWO = "First we look at case {}, and it is plain that we can begin there.\nThen we show it; however, it is big."
COVER = " ".join(_TWO.format(n) for n in range(60))


@pytest.fixture
def cover(tmp_path: Path) -> Path:
    path = tmp_path / "cover.txt"
    path.write_text(COVER, encoding="utf-8", newline="")
    return path


def _encoded(capfdbinary: pytest.CaptureFixture[bytes], *arguments: str | Path) -> tuple[int, bytes, str]:
    status = main(["encode", *map(str, arguments)])
    out, err = capfdbinary.readouterr()
    return status, out, err.decode()


@pytest.mark.parametrize("name", ["zero_width", "trailing_whitespace", "acrostic", "homoglyphs"])
def test_a_framed_text_comes_back_without_its_length(
    name: str, cover: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    options = ["--coder", name, "--framed", "--key", "s"]
    status, stego, said = _encoded(capfdbinary, *options, "--text", "dawn", cover)
    assert (status, stego != COVER.encode()) == (0, True)
    assert "--framed with the same --key" in said
    (tmp_path / "stego.txt").write_bytes(stego)
    assert main(["decode", *options, str(tmp_path / "stego.txt")]) == 0
    assert capfdbinary.readouterr().out == b"dawn\n"


def test_bits_go_through_pipes() -> None:
    run = [sys.executable, "-m", "monitors"]
    stego = subprocess.run(
        [*run, "encode", "--coder", "tag_block", "--bits", "1010 011"],
        input=COVER.encode(),
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    assert b"7 bits hidden by tag_block; decode with --n-bits 7" in stego.stderr
    decoded = subprocess.run(
        [*run, "decode", "--coder", "tag_block", "--n-bits", "7", "-"],
        input=stego.stdout,
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    assert decoded.stdout == b"1010011\n"


def test_too_long_a_payload_is_told_how_much_room_there_is(
    cover: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    status, out, said = _encoded(capfdbinary, "--coder", "acrostic", "--text", "far too long " * 500, cover)
    assert (status, out) == (2, b"")
    assert f"has room for {coders()['acrostic'].capacity(Cover(COVER))} bits by acrostic" in said
    assert "the payload has 52000" in said


def test_room_says_the_capacity_alone(cover: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert _encoded(capfdbinary, "--coder", "zero_width", "--room", cover)[1].strip().isdigit()


def test_a_sham_edits_and_hides_nothing(cover: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    status, out, said = _encoded(capfdbinary, "--coder", "zero_width", "--text", "dawn", "--sham", cover)
    assert (status, out == COVER.encode()) == (0, False)
    assert "without a payload" in said
    assert len(set(out.decode()) - set(COVER)) == 1


def test_transcripts_get_the_payload_in_the_part_that_carries(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = write_file(tmp_path / "t.jsonl", 3)
    options = ["--coder", "zero_width", "--text", "dawn", "--transcripts"]
    status, out, said = _encoded(capfdbinary, *options, file)
    (tmp_path / "planted.jsonl").write_bytes(out)
    planted = list(Reader([tmp_path / "planted.jsonl"]))
    assert (status, len(planted)) == (0, 3)
    assert "3 payloads written by zero_width; 0 transcripts have no room" in said
    for parsed in planted:
        _, cover = carrier(parsed.transcript)
        assert coders()["zero_width"].decode(cover.text, 32) == bits_of("dawn")
        assert parsed.labels["stego"] is True


def test_transcripts_without_room_are_left_out_and_counted(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = write_file(tmp_path / "t.jsonl", 3)
    options = ["--coder", "acrostic", "--text", "long " * 500, "--transcripts", "--sham"]
    status, out, said = _encoded(capfdbinary, *options, file)
    assert (status, out) == (1, b"")
    assert "0 shams written by acrostic; 3 transcripts" in said


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["encode", "--coder", "zero_width", "--bits", "1", "--transcripts"], "give a FILE"),
        (["encode", "--coder", "nope", "--bits", "1"], "no coder 'nope'; there are acrostic"),
        (["encode", "--coder", "arithmetic", "--bits", "1"], "--backend local"),
        (["decode", "--coder", "acrostic"], "--n-bits N, or --framed"),
        (["decode", "--coder", "acrostic", "--n-bits", "9999"], "has only"),
        (["decode", "--coder", "acrostic", "--framed"], "No framed payload"),
        (["coders", "nope"], "no coder 'nope'"),
    ],
)
def test_a_wrong_request_ends_with_a_sentence(
    arguments: list[str], complaint: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"One. Two.")))
    assert main(arguments) == 2
    assert complaint in capsys.readouterr().err


def test_a_file_that_is_no_text_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x").write_bytes(b"ab\xff")
    assert main(["encode", "--coder", "zero_width", "--bits", "1", str(tmp_path / "x")]) == 2
    assert "byte 2" in capsys.readouterr().err


def test_coders_are_listed_with_their_docs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coders", "--json"]) == 0
    listed = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert list(listed) == list(coders())
    assert all(row["doc"] for row in listed.values())
    assert main(["coders"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(listed)
    assert main(["coders", "zero_width"]) == 0
    assert listed["zero_width"]["doc"] in capsys.readouterr().out
