"""A comparison as plain values, with the marks that people set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oversight.compare.aligning import Row
from oversight.compare.models import Comparison, Meaning
from oversight.compare.page import ScoreLine, Side, Texts
from oversight.compare.selectors import MarkRow
from oversight.compare.units import Unit
from oversight.monitoring.selectors import ScoreRow


def exported(
    comparison: Comparison,
    sides: tuple[Side, Side, tuple[ScoreLine, ...]],
    texts: Texts,
    marks: Sequence[MarkRow],
) -> dict[str, Any]:
    """All of the comparison as plain values: offsets are code points of the part; same steps are counted, not given."""
    a, b, lines = sides
    said: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in marks:
        mark = {"reviewer": one.reviewer_id, "name": one.reviewer, "meaning": one.meaning, "at": one.at}
        said.setdefault((one.a_span, one.b_span), []).append(mark)
    return {
        "schema_version": 1,
        "algorithm": comparison.algorithm,
        "a": _side_json(a),
        "b": _side_json(b),
        "scores": [_scores_json(line) for line in lines],
        "steps": texts.alignment.counts,
        "steps_cut": texts.alignment.steps_cut,
        "pairs_without_words": texts.alignment.n_wordless,
        "rows": [_row_json(row, texts, said) for row in texts.alignment.rows],
        "meanings": list(Meaning.values),
    }


def _side_json(side: Side) -> dict[str, Any]:
    one = side.transcript
    return {
        "id": str(one.pk),
        "external_id": one.external_id,
        "sha256": bytes(one.payload_sha256).hex(),
        "scores_hidden": side.is_hidden,
    }


def _scores_json(line: ScoreLine) -> dict[str, Any]:
    sides = {name: _score_json(row) for name, row in (("a", line.a), ("b", line.b))}
    return {"monitor": line.monitor, **sides, "delta": line.delta}


def _score_json(row: ScoreRow | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"state": row.state, "value": row.value, "flagged": row.flagged, "reason": row.reason}


def _row_json(row: Row, texts: Texts, said: Mapping[tuple[str, str], list[dict[str, Any]]]) -> dict[str, Any]:
    a = texts.a[row.a] if row.a >= 0 else None
    b = texts.b[row.b] if row.b >= 0 else None
    if row.kind == "same":
        return {"kind": row.kind, "steps": row.n, "a": _place(a), "b": _place(b)}
    return {
        "kind": row.kind,
        "a": {**_place(a), "text": a.text} if a else None,
        "b": {**_place(b), "text": b.text} if b else None,
        "similarity": row.similarity,
        "words": None if row.words is None else [list(one) for one in row.words],
        "marks": said.get((a.span if a else "", b.span if b else ""), []),
    }


def _place(unit: Unit | None) -> dict[str, Any]:
    return {"part": unit.part, "step": unit.number, "start": unit.start, "end": unit.end} if unit else {}
