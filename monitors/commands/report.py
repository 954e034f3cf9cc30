"""An evaluation as a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_COLUMNS = (
    ("auroc", "AUROC"),
    ("auprc", "AUPRC"),
    ("tpr_at_fpr_1", "TPR at 1 % FPR"),
    ("tpr_at_fpr_5", "TPR at 5 % FPR"),
)


def table(result: Mapping[str, Any]) -> str:
    """Values with their 95 % intervals; a dash where the data carry no value, with the reasons below."""
    rows = [*result["monitors"], *result["baselines"]]
    cells = [["", "n", "unscored", *(title for _, title in _COLUMNS)], *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    lines = [
        f"{result['label']} ({result['label_provenance']}): {result['n']} transcripts, {result['positives']} positive, "
        f"{result['clusters']} clusters by {result['group']}, {result['unlabelled']} without the label",
        "",
        *("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells),
        "",
        *_reasons(rows),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _cells(row: Mapping[str, Any]) -> list[str]:
    return [row["monitor"], str(row["n"]), str(row.get("unscored", "")), *(_cell(row[key]) for key, _ in _COLUMNS)]


def _cell(estimate: Mapping[str, Any]) -> str:
    if estimate["value"] is None:
        return "-"
    interval = "" if estimate["low"] is None else f" [{estimate['low']:.3f}, {estimate['high']:.3f}]"
    return f"{estimate['value']:.3f}{interval}"


def _reasons(rows: list[Mapping[str, Any]]) -> list[str]:
    """Each reason once, with the rows that it holds for."""
    missing: dict[str, dict[str, None]] = {}
    for row in rows:
        for key, title in _COLUMNS:
            if reason := row[key]["reason"]:
                what = f"no {title}" if row[key]["value"] is None else "no interval"
                missing.setdefault(f"{what}: {reason}", {})[row["monitor"]] = None
    unscored = [
        f"{row['monitor']}: {n} unscored: {reason}"
        for row in rows
        for reason, n in row.get("unscored_by_reason", {}).items()
    ]
    return [*(f"{what} ({', '.join(names)})" for what, names in missing.items()), *unscored]
