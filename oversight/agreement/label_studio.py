"""Records as Label Studio imports them: tasks with one annotation a verdict, and the labelling configuration.

Its offsets are code points as ours are (label-studio-frontend, pull request 308). A task has one text: the parts stand
in it one after another with an empty line between, and `data.parts` says where each begins and ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from oversight.review.models import Confidence, LabelSetVersion, VerdictLabel

BETWEEN = "\n\n"


def task(record: dict[str, Any]) -> dict[str, Any]:
    """One record with its text as a task."""
    starts, length = [], 0
    for part in record["parts"]:
        starts.append(length)
        length += len(part["text"]) + len(BETWEEN)
    parts = [
        {
            **{name: part[name] for name in ("part", "role", "type", "channel")},
            "start": start,
            "end": start + len(part["text"]),
        }
        for part, start in zip(record["parts"], starts, strict=True)
    ]
    own = {name: value for name, value in record.items() if name not in ("parts", "verdicts", "verdict")}
    verdicts = [{name: value for name, value in one.items() if name != "spans"} for one in record["verdicts"]]
    return {
        "id": record["item_id"],
        "data": {
            "text": BETWEEN.join(part["text"] for part in record["parts"]),
            "parts": parts,
            "oversight": {**own, "verdicts": verdicts},
        },
        "annotations": [_annotation(one, starts) for one in record["verdicts"] if one["state"] == "settled"],
    }


def _annotation(verdict: dict[str, Any], starts: Sequence[int]) -> dict[str, Any]:
    """`ground_truth` marks the verdict that decides the item. Who gave it stands in the task's data, by number."""
    return {
        "id": verdict["verdict_id"],
        "was_cancelled": False,
        "ground_truth": verdict["holds"],
        "created_at": verdict["committed_at"],
        "lead_time": verdict["active_ms"] / 1000,
        "result": [*_of_whole(verdict), *_of_spans(verdict, starts)],
    }


def _of_whole(verdict: dict[str, Any]) -> Iterator[dict[str, Any]]:
    key = verdict["verdict_id"]
    for name in ("label", "severity", "category", "confidence"):
        if verdict[name]:
            called = "verdict" if name == "label" else name
            yield _result(f"v{key}-{called}", called, "choices", {"choices": [str(verdict[name])]})
    if verdict["note"]:
        yield _result(f"v{key}-note", "note", "textarea", {"text": [verdict["note"]]})


def _of_spans(verdict: dict[str, Any], starts: Sequence[int]) -> Iterator[dict[str, Any]]:
    for number, span in enumerate(verdict["spans"]):
        start, end = (starts[span["part"]] + span[name] for name in ("start", "end"))
        value = {"start": start, "end": end, "text": span["quote"], "labels": [span["label"]]}
        yield _result(f"v{verdict['verdict_id']}-s{number}", "label", "labels", value)


def _result(key: str, from_name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"id": key, "from_name": from_name, "to_name": "text", "type": kind, "origin": "manual", "value": value}


def array(records: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """One JSON array, a task at a time; ASCII, so that nothing in it hides."""
    before = b"[\n"
    for record in records:
        yield before + json.dumps(task(record), ensure_ascii=True, separators=(",", ":")).encode()
        before = b",\n"
    yield b"\n]\n" if before == b",\n" else b"[]\n"


def config(versions: Iterable[LabelSetVersion]) -> str:
    """The labelling configuration that shows these tasks: every label and category of the given versions."""
    known = list(versions)
    names = dict.fromkeys(str(one["name"]) for version in known for one in version.labels)
    categories = dict.fromkeys(str(name) for version in known for name in version.categories)
    lines = [
        "<View>",
        "  <Style>.htx-text { white-space: pre-wrap; }</Style>",
        '  <Labels name="label" toName="text">',
        *(f"    <Label value={quoteattr(name)}/>" for name in names),
        "  </Labels>",
        '  <Text name="text" value="$text" granularity="symbol" saveTextResult="yes"/>',
        *_choices("verdict", VerdictLabel.values),
        *_choices("severity", [str(n) for n in range(1, 5)]),
        *(_choices("category", categories) if categories else ()),
        *_choices("confidence", Confidence.values),
        '  <TextArea name="note" toName="text"/>',
        "</View>",
    ]
    return "\n".join(lines) + "\n"


def _choices(name: str, values: Iterable[str]) -> Iterator[str]:
    yield f'  <Choices name="{name}" toName="text" choice="single">'
    yield from (f"    <Choice value={quoteattr(value)}/>" for value in values)
    yield "  </Choices>"
