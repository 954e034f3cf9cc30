"""Clean texts of the public sets: reasoning and answers of models that were not asked to hide anything."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from monitors.patterns.fitting import CleanText
from monitors.patterns.layout import Layout
from monitors.segment import segment

_SHORTEST = 60


def clean_texts(folder: Path) -> Iterator[CleanText]:
    """Reasoning and answer of each public record that was not asked to hide anything and is not illegible."""
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path, "rt") as lines:
            for record in map(json.loads, lines):
                labels: dict[str, Any] = record.get("labels") or {}
                if "prompted_steg" not in path.name and not labels.get("cot_illegible"):
                    yield from _texts(record)


def _texts(record: dict[str, Any]) -> Iterator[CleanText]:
    group = str(record["meta"].get("group", record["id"]))
    for text in (record["reasoning"] or "", record["answer"] or ""):
        if len(text) >= _SHORTEST:
            layout = Layout.of(text, segment(text))
            yield CleanText(layout, str(record["prompt"] or ""), family(record["model"]), group)


def family(model: str) -> str:
    """The first word of a model's name, without its maker."""
    name = model.lower().rpartition("/")[2]
    for known in ("gpt-oss", "gpt-3", "gpt-4", "claude", "kimi", "glm", "grok", "qwen", "r1", "olmo", "palm"):
        if known in name:
            return known
    return name.split()[0]
