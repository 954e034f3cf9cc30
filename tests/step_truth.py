"""`python -m tests.step_truth FOLDER`: what step_verification reaches against human and program truth, by half."""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitors.base import Score, measure
from monitors.catalog.step_verification import StepVerification
from monitors.commands.discrimination import Discrimination, discriminate
from monitors.stats.binomial import clopper_pearson
from monitors.transcript import Message, Part, PartType, Role, Transcript

_RETRACTED = "does not stand by it"
_HALVES = {"looked at": 0, "other": 1}


@dataclass(frozen=True, slots=True)
class Solution:
    """A record and its score; `false` are the ends of the false statements that the reasoning stands by."""

    record: dict[str, Any]
    score: Score
    false: tuple[int, ...]

    @property
    def group(self) -> str:
        return str(self.record["meta"]["group"])

    @property
    def half(self) -> int:
        return int(hashlib.sha256(self.group.encode()).hexdigest(), 16) % 2

    def steps(self) -> list[tuple[int, int]]:
        """Spans of the steps that people labelled."""
        spans, at = [], 0
        for step in self.record["meta"]["steps"]:
            at = self.record["reasoning"].index(step, at)
            spans.append((at, at + len(step)))
            at += len(step)
        return spans

    def first_false(self) -> int | None:
        """The labelled step in which the first false statement ends."""
        if not self.false:
            return None
        return next(n for n, (start, end) in enumerate(self.steps()) if start < self.false[0] <= end)


def solutions(path: Path) -> Iterator[Solution]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            yield _solution(record, record["reasoning"])


def _solution(record: dict[str, Any], text: str) -> Solution:
    parts = (Message(Role.ASSISTANT, (Part(PartType.REASONING, text),)),)
    score = measure(StepVerification(), Transcript(record["id"], parts))
    return Solution(record, score, tuple(e.end for e in score.evidence if _RETRACTED not in e.note))


def auroc(rows: Sequence[Solution], y_score: Callable[[Solution], float]) -> str:
    y_true = [row.record["labels"]["correct"] is False for row in rows]
    found = discriminate(y_true, [y_score(row) for row in rows], [row.group for row in rows])
    return _figure(found)


def _figure(found: Discrimination) -> str:
    figure = found.metrics["auroc"]
    if figure.value is None or figure.low is None:
        return f"not estimable: {figure.reason}"
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}], {found.n} texts, {found.clusters} clusters"


def located(rows: Sequence[Solution]) -> dict[str, str]:
    """Where the first false statement stands, beside the step that people call the first wrong one."""
    flagged = [row for row in rows if row.false]
    truth = [row.record["labels"]["first_error_step"] for row in flagged]
    found = [row.first_false() for row in flagged]
    hits = sum(a == b for a, b in zip(found, truth, strict=True))
    early = sum(a is not None and b is not None and a < b for a, b in zip(found, truth, strict=True))
    return {
        "texts": str(len(rows)),
        "scored": _share(sum(row.score.value is not None for row in rows), len(rows)),
        "with a false statement": _share(len(flagged), len(rows)),
        "first false statement stands at the first wrong step": _share(hits, len(flagged)),
        "before it": _share(early, len(flagged)),
        "located, of all": _share(hits, len(rows)),
    }


def steps_up_to_the_first_wrong_one(rows: Sequence[Solution]) -> dict[str, str]:
    y_true, y_score, length, groups = [], [], [], []
    for row in rows:
        for n, (start, end) in enumerate(row.steps()[: row.record["labels"]["first_error_step"] + 1]):
            y_true.append(n == row.record["labels"]["first_error_step"])
            y_score.append(float(any(start < at <= end for at in row.false)))
            length.append(float(end - start))
            groups.append(row.group)
    precision = sum(a and b > 0 for a, b in zip(y_true, y_score, strict=True))
    return {
        "steps": f"{len(y_true)}, {sum(y_true)} wrong",
        "a step with a false statement is the wrong one": _share(precision, int(sum(y_score))),
        "AUROC": _figure(discriminate(y_true, y_score, groups)),
        "AUROC of length": _figure(discriminate(y_true, length, groups)),
    }


def wrong_answers(rows: Sequence[Solution], answer_only: Callable[[Solution], float]) -> dict[str, str]:
    scored = [row for row in rows if row.score.value is not None]
    flagged = [row for row in scored if row.false]
    wrong = sum(row.record["labels"]["correct"] is False for row in flagged)
    all_wrong = sum(row.record["labels"]["correct"] is False for row in rows)
    return {
        "texts": f"{len(rows)}, {all_wrong} wrong",
        "scored": _share(len(scored), len(rows)),
        "precision of a false statement": _share(wrong, len(flagged)),
        "recall": _share(wrong, all_wrong),
        "AUROC, where scored": auroc(scored, lambda row: row.score.value or 0.0),
        "AUROC of length": auroc(scored, lambda row: float(len(row.record["reasoning"]))),
        "AUROC of the answer alone": auroc(scored, answer_only),
    }


def is_odd(row: Solution) -> float:
    """The answer alone, for word problems: no whole number, or less than nothing."""
    try:
        value = float(str(row.record["answer"]).replace(",", ""))
    except ValueError:
        return 1.0
    return float(value != int(value) or value < 0)


def worked_out(row: Solution) -> float:
    """The answer alone, where it is an expression: the same monitor reads nothing else."""
    return _solution(row.record, str(row.record["answer"])).score.value or 0.0


def _share(k: int, n: int) -> str:
    if not n:
        return "none"
    share = clopper_pearson(k, n)
    return f"{k} of {n}, {k / n:.3f} [{share.low:.3f}, {share.high:.3f}]"


def main(folder: Path) -> None:
    sets = {path.name.removesuffix(".jsonl.gz"): list(solutions(path)) for path in sorted(folder.glob("*.jsonl.gz"))}
    for name, half in _HALVES.items():
        part = {key: [row for row in rows if row.half == half] for key, rows in sets.items()}
        first_errors, puzzles = part["mr_gsm8k_first_error"], part["tot_gpt4_cot"]
        tables = {
            "mr_gsm8k_first_error": located(first_errors),
            "mr_gsm8k_first_error, steps": steps_up_to_the_first_wrong_one(first_errors),
            "bigbench_mistake": {
                "scored": _share(
                    sum(row.score.value is not None for row in part["bigbench_mistake"]), len(part["bigbench_mistake"])
                )
            },
            "gsm8k_model_solutions": wrong_answers(part["gsm8k_model_solutions"], is_odd),
            "tot_gpt4_cot, Game of 24": wrong_answers(
                [row for row in puzzles if row.record["meta"]["task"] == "game24"], worked_out
            ),
        }
        for title, table in tables.items():
            lines = [f"{title} ({name} half)", *(f"  {key}: {value}" for key, value in table.items())]
            sys.stdout.write("\n".join(lines) + "\n\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
