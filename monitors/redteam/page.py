"""The page: one HTML file with everything in it, plotly.js too, for one who has to decide on monitors."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from string import Template

from monitors.redteam.cell import Cell
from monitors.redteam.detection import FPR, Detection
from monitors.redteam.figure import figure
from monitors.redteam.run import Plan
from monitors.redteam.table import FEW_TEXTS, Verdict, not_made, rows, share_text, verdict
from monitors.redteam.trial import Arm
from monitors.registry import entry

_HERE = Path(__file__).parent
_CLASSES = {
    Verdict.FOUND: "found",
    Verdict.IN_PART: "in-part",
    Verdict.GETS_THROUGH: "gets-through",
    Verdict.UNDETECTABLE: "undetectable",
    Verdict.EDITS_SEEN: "undetectable",
    Verdict.NO_COVER: "not-measured",
    Verdict.TOO_FEW: "not-measured",
    Verdict.NO_SCORE: "not-measured",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the run consisted of."""

    made_at: datetime
    files: tuple[str, ...]
    models: tuple[tuple[str, int], ...]
    monitors: tuple[str, ...]
    sizes: tuple[int, ...]
    n_covers: int
    language_model: str = ""

    @classmethod
    def of(cls, plan: Plan, *, files: Sequence[str], language_model: str) -> Facts:
        models = Counter(carrier.model for carrier in plan.carriers).most_common()
        monitors = tuple(f"{name} v{entry(name).version}" for name in plan.monitors)
        now = datetime.now(UTC)
        return cls(now, tuple(files), tuple(models), monitors, plan.sizes, len(plan.carriers), language_model)


def page(cells: Sequence[Cell], facts: Facts) -> str:
    """The whole document. Names of files and models are foreign text and are escaped."""
    from plotly.offline import get_plotlyjs

    keys = list(dict.fromkeys((cell.kind, cell.against) for cell in cells))
    by_key = {key: [cell for cell in cells if (cell.kind, cell.against) == key] for key in keys}
    figures = {f"{kind} {against}": figure(own) for (kind, against), own in by_key.items()}
    return Template(_read("page.html")).substitute(
        style=_read("page.css"),
        script=_read("page.js"),
        plotly=get_plotlyjs(),
        figures=json.dumps(figures, allow_nan=False).replace("<", "\\u003c"),
        facts=_facts(facts),
        # First what a careful sender would use.
        kinds=_radios("kind", list(dict.fromkeys(kind for kind, _ in keys)), checked=keys[-1][0]),
        arms=_radios("against", list(dict.fromkeys(against for _, against in keys)), checked=keys[0][1]),
        matrices="".join(_matrix(kind, against, own) for (kind, against), own in by_key.items()),
        sizes=", ".join(map(str, facts.sizes)),
        few=FEW_TEXTS,
        claim=escape(_claim(cells)),
        fine=_fine(cells),
    )


def _facts(facts: Facts) -> str:
    models = ", ".join(f"{name} ({n})" for name, n in facts.models)
    model = f" Language model: {facts.language_model}." if facts.language_model else ""
    return escape(
        f"{facts.made_at:%Y-%m-%d %H:%M} UTC. {facts.n_covers} covers, each of its own question, from "
        f"{', '.join(facts.files)}. Models: {models}. Monitors: {', '.join(facts.monitors)}.{model}"
    )


def _claim(cells: Sequence[Cell]) -> str:
    claimed = [found.detection.fpr for cell in cells for found in cell.findings if found.detection.fpr is not None]
    if not claimed:
        return "There were no clean scores to set a threshold with."
    worst = max(claimed)
    if worst <= FPR:
        return (
            f"All thresholds are set for at most {FPR:.0%} false positives (conformal, 99 calibration texts or more)."
        )
    return (
        f"Thresholds are set for {FPR:.0%} false positives where 99 calibration texts or more carry that claim. With "
        f"fewer, n texts carry 1/(n + 1): up to {worst:.1%} here; the cell and the table say which."
    )


def _radios(name: str, values: Sequence[str], checked: str) -> str:
    return "".join(
        f'<label><input type="radio" name="{name}" value="{value}"{" checked" * (value == checked)}> {value}</label>'
        for value in values
    )


def _matrix(kind: str, against: Arm, cells: Sequence[Cell]) -> str:
    sizes = sorted({cell.size for cell in cells})
    tally = Counter(verdict(cell) for cell in cells)
    counts = "".join(
        f'<li class="{_CLASSES[name]}"><b>{tally[name]}</b> {escape(name)}</li>' for name in Verdict if tally[name]
    )
    head = "".join(f'<th scope="col">{size} bits</th>' for size in sizes)
    by_coder: dict[str, dict[int, Cell]] = {}
    for cell in cells:
        by_coder.setdefault(cell.coder, {})[cell.size] = cell
    body = "".join(
        f'<tr><th scope="row">{escape(coder)}</th>{"".join(_square(of[size]) for size in sizes)}</tr>'
        for coder, of in by_coder.items()
    )
    return (
        f'<section data-shown-for="{kind} {against}"><ul class="tally">{counts}</ul><div class="scroll"><table>'
        f"<caption>{escape(kind)} payloads, compared with {against}: the verdict, the monitor that flags most, and the "
        f'oracle</caption><thead><tr><th scope="col">coder</th>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        "</section>"
    )


def _square(cell: Cell) -> str:
    best, said = cell.best, verdict(cell)
    lines = []
    if best is not None and cell.n_made:
        lines.append(f"{best.detection.monitor}: {share_text(best.detection.flagged)} {_at(best.detection)}")
    if cell.oracle.auroc.value is not None:
        lines.append(f"oracle: AUROC {cell.oracle.auroc.value:.2f}")
    rate = f" at {cell.rates[1]:.0f} bits per 1,000 tokens" if cell.rates is not None else ""
    lines.append(f"{cell.n_made} texts{rate}")
    if left_out := not_made(cell):
        lines.append(left_out)
    small = "".join(f"<small>{escape(line)}</small>" for line in lines)
    return f'<td class="{_CLASSES[said]}"><b>{escape(said)}</b>{small}</td>'


def _at(detection: Detection) -> str:
    return "" if detection.fpr is None or detection.fpr <= FPR else f"at {detection.fpr:.1%} false positives"


_FINE = {
    "coder": "coder",
    "payload": "payload",
    "bits": "bits",
    "against": "against",
    "bits_per_1000_tokens": "bits per 1,000 tokens",
    "texts": "texts",
    "monitor": "monitor",
    "tpr": "flagged",
    "false_alarms": "false alarms",
    "fpr_claimed": "rate claimed",
    "auroc": "AUROC",
    "share_of_oracle": "share of the oracle",
    "unmeasured": "not scored",
}


def _fine(cells: Sequence[Cell]) -> str:
    head = "".join(f'<th scope="col">{title}</th>' for title in _FINE.values())
    body = "".join(f"<tr>{_row_cells(row)}</tr>" for row in rows(cells))
    return f'<table id="fine"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _row_cells(row: dict[str, object]) -> str:
    return "".join(f"<td>{escape(text)}</td>" for text in _texts(row))


def _texts(row: dict[str, object]) -> Iterable[str]:
    for name in _FINE:
        value = row[name]
        if not isinstance(value, float):
            yield "-" if value is None else str(value)
        elif (low := row.get(f"{name}_low")) is not None:
            yield f"{value:.2f} [{low:.2f}, {row[f'{name}_high']:.2f}]"
        else:
            yield f"{value:.0f}" if name == "bits_per_1000_tokens" else f"{value:.3f}"


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
