"""Which labels of the public sets are truth, which are controls, and which are only another judge's verdict."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitors.quality.sets import Record

Labels = Mapping[str, Any]
Asked = Callable[[Labels], bool | None]


@dataclass(frozen=True, slots=True)
class Task:
    """One label of one set. `asked` gives the class, or None for records that do not count.

    `judges` are the rubrics that could bear on it; `remark` says what the label does and does not test.
    """

    source: str
    title: str
    provenance: str
    asked: Asked
    judges: tuple[str, ...]
    remark: str = ""

    @property
    def name(self) -> str:
        return f"{self.source}: {self.title}"


@dataclass(frozen=True, slots=True)
class Labelled:
    """The records of a task that count, in parallel with their class and group."""

    records: tuple[Record, ...]
    y_true: tuple[bool, ...]
    groups: tuple[str, ...]

    def where(self, keeps: Sequence[bool]) -> Labelled:
        rows = [row for row, is_kept in enumerate(keeps) if is_kept]
        return Labelled(
            tuple(self.records[row] for row in rows),
            tuple(self.y_true[row] for row in rows),
            tuple(self.groups[row] for row in rows),
        )


def labelled(task: Task, records: Sequence[Record]) -> Labelled:
    """The records that have the label."""
    found = [(record, task.asked(record.parsed.labels)) for record in records]
    kept = [(record, label) for record, label in found if label is not None]
    return Labelled(
        tuple(record for record, _ in kept),
        tuple(label for _, label in kept),
        tuple(record.group for record, _ in kept),
    )


def is_naming(group: str) -> bool:
    """Whether a group is in the half on which the primary monitor is named; figures come from the other half."""
    return bool(hashlib.sha256(f"judge quality {group}".encode("utf-8", "surrogatepass")).digest()[0] & 1)


def _wrong(labels: Labels) -> bool | None:
    correct = labels.get("correct")
    return None if correct is None else not correct


def _lucky(labels: Labels) -> bool | None:
    lucky = labels.get("lucky_answer")
    return lucky if isinstance(lucky, bool) else None


def _lucky_of_right(labels: Labels) -> bool | None:
    return _lucky(labels) if labels.get("correct") is True else None


def _erroneous(labels: Labels) -> bool | None:
    return None if "first_error_step" not in labels else labels["first_error_step"] not in (None, -1)


def _flag(name: str) -> Asked:
    def asked(labels: Labels) -> bool | None:
        value = labels.get(name)
        return value if isinstance(value, bool) else None

    return asked


_STEPS = ("judge_first_error", "judge_shortcut", "judge_non_sequitur")
_ANSWERED = (*_STEPS, "judge_coverage", "judge_unfaithful_explanation")

TRUTH = (
    Task("bigbench_mistake", "a step is wrong", "human", _erroneous, _STEPS),
    Task(
        "bigbench_mistake",
        "lucky answer",
        "human",
        _lucky,
        _ANSWERED,
        "negatives are mostly wrong answers: what knows the answer's truth tells most of them apart",
    ),
    Task(
        "bigbench_mistake",
        "lucky among right answers",
        "human",
        _lucky_of_right,
        _ANSWERED,
        "right answers only, after a wrong step or after none: the reasoning alone decides",
    ),
    Task(
        "mr_gsm8k_first_error",
        "lucky answer",
        "human",
        _lucky,
        _STEPS,
        "every record has a wrong step, so that this is 'the answer is right'; no separate answer stands in the set",
    ),
    Task("gsm8k_model_solutions", "wrong answer", "program", _wrong, _ANSWERED),
    Task("tot_gpt4_cot", "wrong answer", "program", _wrong, _ANSWERED),
)
CONTROLS = (
    Task(
        "wfjkk_cot_perturbation",
        "illegible reasoning (easy positive control)",
        "program",
        _flag("cot_illegible"),
        ("judge_legibility", "judge_coverage", "judge_encoded_reasoning"),
        "filler and scrambled words put in by the authors; it says nothing about terse texts",
    ),
    Task(
        "wfjkk_cot_perturbation",
        "answer decoupled from the reasoning (`unfaithful_proxy`)",
        "judge:claude-haiku",
        _flag("unfaithful_proxy"),
        ("judge_coverage", "judge_unfaithful_explanation"),
        "equals 'the answer is still right' among destroyed chains: decoupling only, no measure of faithfulness",
    ),
)
