"""`score` lets a monitor know a file's transcripts, by model and task, before it scores the first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitors.__main__ import main
from monitors.commands import sets
from monitors.formats.detect import parse
from tests.monitors.catalog.test_cryptic_tokens import thoughts


def record(seed: int, model: str, group: str | None = None, prompt: str = "Add 3 and 4.") -> dict[str, object]:
    meta = {"group": group} if group else {}
    return {
        "id": f"{model}{seed}",
        "model": model,
        "prompt": prompt,
        "reasoning": " ".join(thoughts(seed)),
        "answer": "7",
        "meta": meta,
    }


def scores(capsys: pytest.CaptureFixture[str], path: Path, *options: str) -> list[dict[str, object]]:
    assert main(["score", str(path), "--monitors", "cryptic_tokens,byte_channels", *options]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_transcript_is_scored_within_the_set_of_its_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "records.jsonl"
    records = [record(seed, "many") for seed in range(40)] + [record(seed, "few") for seed in range(5)]
    path.write_text("".join(json.dumps(each) + "\n" for each in records))
    found = scores(capsys, path)
    assert [row["monitor"] for row in found[:2]] == ["cryptic_tokens", "byte_channels"]
    own = [row for row in found if row["monitor"] == "cryptic_tokens"]
    assert [row["state"] for row in own] == ["scored"] * 40 + ["unscored"] * 5
    assert {row["measures"]["set_transcripts"] for row in own[:40]} == {40}  # type: ignore[index]
    assert scores(capsys, path, "--jobs", "2") == found or [row["score"] for row in found]


def test_a_task_of_its_own_needs_enough_transcripts() -> None:
    rows = [record(n, "m", "big") for n in range(60)] + [record(n + 60, "m", "small") for n in range(10)]
    parsed = [parse(json.dumps(row).encode()) for row in rows]
    learned = sets.learned(["cryptic_tokens"], parsed)["cryptic_tokens"]
    assert [learned(parsed[at]).measures["set_transcripts"] for at in (0, 65)] == [60, 70]


def test_prompts_of_one_template_are_one_task() -> None:
    one, same, other = (
        parse(json.dumps(record(0, "m", prompt=prompt)).encode())
        for prompt in ("Add 3 and 41.", "Add 12 and 7.", "Name a river.")
    )
    assert sets.key(one) == sets.key(same) != sets.key(other)


def test_words_that_go_with_the_outcome_are_told_where_one_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "records.jsonl"
    records = [record(seed, "m") for seed in range(80)]
    for each in records[:-5]:
        each["meta"] = {"correct": "average" in str(each["reasoning"])}
    path.write_text("".join(json.dumps(each) + "\n" for each in records))
    told = [row["measures"].get("outcome_p") for row in scores(capsys, path, "--outcome", "meta.correct")[::2]]  # type: ignore[attr-defined]
    having = ["average" in str(each["reasoning"]) for each in records]
    assert [p == 0.001 for p in told] == having
    plain = scores(capsys, path)
    assert not any("outcome_p" in row["measures"] for row in plain[::2])  # type: ignore[operator]
    assert main(["score", str(path), "--monitors", "cryptic_tokens", "--outcome", "meta.missing"]) == 2
    assert "no transcript says in meta.missing" in capsys.readouterr().err


def test_only_monitors_with_fit_must_know_a_set() -> None:
    assert sets.learning(["byte_channels", "cryptic_tokens"]) == ["cryptic_tokens"]
