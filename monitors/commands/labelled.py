"""Which transcripts carry the label, which of them are positive, and who made the label."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from monitors.commands.expression import lookup
from monitors.commands.problem import Problem
from monitors.formats.label_provenance import label_provenance
from monitors.formats.parsed import Parsed
from monitors.formats.recorded_verdicts import VERDICT_LABELS


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the data: a label, which of its values count, which records, and what belongs together."""

    label: str
    positive: str | None = None
    negative: str | None = None
    where: Callable[[Mapping[str, object]], bool] | None = None
    group: str = "meta.group"


@dataclass(frozen=True, slots=True)
class Labelled:
    """The records that count, in parallel: `y_true`, and the cluster of each."""

    records: tuple[Parsed, ...]
    y_true: tuple[bool, ...]
    groups: tuple[str, ...]
    provenance: str
    n_unlabelled: int

    @property
    def n_positives(self) -> int:
        return sum(self.y_true)


def record_of(parsed: Parsed) -> dict[str, object]:
    """What paths and expressions see. It never reaches a monitor."""
    transcript = parsed.transcript
    return {
        "id": transcript.id,
        "model": transcript.model,
        "checkpoint": transcript.checkpoint,
        "format": parsed.format,
        "labels": parsed.labels,
        "meta": parsed.meta,
    }


def select(records: Iterable[Parsed], question: Question) -> Labelled:
    """Raises Problem when no record has the label, or when its values cannot be told apart."""
    kept: list[Parsed] = []
    truth: list[bool] = []
    groups: list[str] = []
    seen: set[str] = set()
    n_unlabelled = 0
    for number, parsed in enumerate(records):
        record = record_of(parsed)
        if question.where is not None and not question.where(record):
            continue
        value = lookup(record, question.label)
        positive = None if value is None else _is_positive(value, question)
        if positive is None:
            n_unlabelled += 1
            seen |= set(parsed.labels)
            continue
        kept.append(parsed)
        truth.append(positive)
        group = lookup(record, question.group)
        groups.append(f"row {number}" if group is None else json.dumps(group, sort_keys=True, default=str))
    if not kept:
        raise Problem(_nothing(question, seen))
    return Labelled(tuple(kept), tuple(truth), tuple(groups), _provenance(kept, question.label), n_unlabelled)


def _is_positive(value: object, question: Question) -> bool | None:
    """None: this value counts on neither side."""
    if question.positive is None and question.negative is None:
        if isinstance(value, bool | int | float) and value in (0, 1):
            return bool(value)
        raise Problem(f"{question.label} is neither true nor false; say which value counts with --positive VALUE")
    if question.positive is not None and _matches(value, question.positive):
        return True
    if question.negative is not None:
        return False if _matches(value, question.negative) else (True if question.positive is None else None)
    return False


def _matches(value: object, written: str) -> bool:
    try:
        wanted = json.loads(written)
    except ValueError:
        wanted = written
    return (value == wanted and isinstance(value, bool) == isinstance(wanted, bool)) or value == written


def _provenance(records: list[Parsed], label: str) -> str:
    name = label.removeprefix("labels.").partition(".")[0]
    makers = {label_provenance(name, parsed.meta.get("source")) for parsed in records}
    return ", ".join(sorted(makers))


def _nothing(question: Question, seen: set[str]) -> str:
    name = question.label.removeprefix("labels.")
    if name in VERDICT_LABELS:
        return f"{question.label} is a judge's own verdict and not a label; score it with --backend recorded"
    known = ", ".join(ascii(label)[1:-1] for label in sorted(seen)) or "none"
    return f"no transcript has {ascii(question.label)[1:-1]}; labels found: {known}"
