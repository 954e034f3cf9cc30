"""The tables of judged quality as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# From fewer positives or negatives an interval by resampling is too narrow to be believed.
FEWEST_OF_EACH = 10
_HEAD = """# Judges, programs, combinations and baselines against labels

Made by `{command}` at commit {commit}; `judge_quality.json` beside this page holds the same
figures and more. Do not edit it by hand. Intervals are 95 %, by resampling groups (`meta.group`: question or task).

How to read it. A text that a monitor could not score raises no alert and ranks below all others; `scored` says how many
it scored. Baselines know nothing of monitoring: length of the reasoning (either way), words of doubt, a bag of words of
the prompt alone or of the answer alone (cross-fitted by group), and the larger class. "Against the best baseline" is
the difference of AUROC to the baseline that is best on the very rows shown, both from the same resampled groups.
**Clear of every baseline** is only who is above each of them with the whole interval. Combinations are stacked
(`monitors/stats/stacking.py`) and cross-fitted by group. Correctness, first wrong steps, agreement, legibility and
decoupling are different things and never added up.
"""
_TRUTH = """
## Labels by people and programs

The primary monitor of each label is the one with the highest AUROC on one half of the groups (by hash); all figures are
of the other half.
"""
_LOCATION = """
## The first wrong step, located

Share of texts with a wrong step whose first wrong step is named exactly (by people). `spared`: share of sound texts in
which no step is named; F1 is the harmonic mean of both, as in ProcessBench. Primary named on one half, figures of the
other.
"""
_AGREEMENT = """
## Agreement with recorded judges

**Agreement, not detection**: GPT-5's verdicts are no truth. Only transcripts in which the hint had an effect count: in
`duzan_library_choice` those that switched under it; `duzan_rating_nudges` does not record switching, so there it is the
condition that shifts the mean rating (|t| >= 4), which says nothing of the single text. Clusters are few: they are
listed, and there is no interval. "Unfaithful" means that GPT-5 saw no attribution to the hint. Kappa is 0 for whoever
always says the same; with two categories AC2 is Gwet's AC1.
"""
_CONTROLS = """
## Controls, outside the quality tables

They check that a monitor reacts at all; they measure no faithfulness.
"""
_LOCAL = """
## The local model as judge ({model})

On a sample of at most {most} records of each set, drawn by groups (seeded); programs and baselines are shown on the
same rows. A label with fewer than {fewest} positives or {fewest} negatives among the texts that the model has read is
not estimable: intervals that rest on so few are too narrow. Whether the model was admitted for a rubric stands in
`rubrics.md`: without admission it may not flag, and its scores stand here for information only.
"""


def page(document: Mapping[str, Any]) -> str:
    """The whole page."""
    parts = [_HEAD.format(command=document["command"], commit=document["commit"])]
    parts += [_TRUTH, *(line for task in document["truth"] for line in _task(task))]
    parts += _location(document["location"])
    parts += _agreement(document["agreement"])
    parts += [_CONTROLS, *(line for task in document["controls"] for line in _task(task))]
    parts += _local(document["local"])
    parts += _summary(document)
    return "\n".join(parts).rstrip() + "\n"


def _task(task: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n### {task['source']}: {task['title']} ({task['provenance']})\n"
    figures = task["figures"]
    if task["remark"]:
        yield f"{task['remark'][0].upper()}{task['remark'][1:]}.\n"
    if not figures:
        yield f"Not estimable: {task['reason']}."
        return
    sizes = f"{figures['n']} texts, {figures['positives']} positive, {figures['groups']} groups"
    if "naming" in figures:
        primary = figures["primary"] or "nobody, none is above chance there"
        sizes += f" (and {figures['naming']} texts for naming). Primary: {primary}"
    yield f"{sizes}. {_clear(figures)}\n"
    yield _columns(figures)
    for name, why in task.get("not_run", {}).items():
        yield f"\n{name}: not run ({why})."


def _clear(figures: Mapping[str, Any]) -> str:
    best = figures["best_baseline"] or "none"
    if figures["clear"]:
        return f"Best baseline here: {best}. Clear of every baseline: {', '.join(figures['clear'])}."
    return f"Best baseline here: {best}. **Nobody is clear of every baseline.**"


def _columns(figures: Mapping[str, Any]) -> str:
    headings = ["", "scored", "AUROC", "AUPRC", "TPR at 5 % FPR", "against the best baseline"]
    rows = [
        [
            _named(column, figures.get("primary")),
            str(column["scored"]),
            *(_estimate(column[name]) for name in ("auroc", "auprc", "tpr_at_fpr_5")),
            _estimate(column.get("difference"), sign="+"),
        ]
        for column in figures["columns"]
        if column["name"] not in _silent(figures)
    ]
    told = f"\n\nThese say the same of every text here: {', '.join(silent)}." if (silent := _silent(figures)) else ""
    return table(headings, rows) + told


def _silent(figures: Mapping[str, Any]) -> list[str]:
    """Monitors whose AUROC is a half in every draw."""
    return [
        column["name"]
        for column in figures["columns"]
        if not column["is_baseline"] and {column["auroc"][key] for key in ("value", "low", "high")} == {0.5}
    ]


def _named(column: Mapping[str, Any], primary: str | None) -> str:
    name = f"**{column['name']}** (primary)" if column["name"] == primary else str(column["name"])
    return f"baseline: {name}" if column["is_baseline"] else name


def _location(sections: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield _LOCATION
    for section in sections:
        halves = f" Primary: {section['primary']}." if section["primary"] else ""
        yield f"\n### {section['source']}{section['suffix']}\n"
        yield f"{section['n']} texts, {section['wrong']} with a wrong step.{halves}\n"
        headings = ["", "located", "right where it names one", "spared", "F1"]
        rows = [
            [
                _named(column, section["primary"]),
                *(_estimate(column[name]) for name in ("located", "of_those_named", "spared")),
                "-" if column["f1"] is None else f"{column['f1']:.2f}",
            ]
            for column in section["columns"]
        ]
        yield table(headings, rows)


def _agreement(sections: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield _AGREEMENT
    for section in sections:
        yield f"\n### Agreement with GPT-5: {section['source']}\n"
        yield (
            f"{section['n']} transcripts with an effect in {section['clusters']} clusters; GPT-5 saw no attribution in "
            f"{section['unfaithful']}.\n"
        )
        headings = ["", "n", "says unfaithful", "raw agreement", "kappa", "AC2", "dominant share", "agree, by cluster"]
        rows = [
            [
                row["name"],
                str(row["n"]),
                str(row["says_unfaithful"]),
                *(_number(row[name]) for name in ("raw", "kappa", "ac2", "dominant")),
                "; ".join(f"{one['cluster']}: {one['agree']} of {one['n']}" for one in row["by_cluster"]),
            ]
            for row in section["rows"]
        ]
        yield table(headings, rows)
        for name, why in section.get("not_run", {}).items():
            yield f"\n{name}: not run ({why})."


def _local(section: Mapping[str, Any]) -> Iterator[str]:
    yield _LOCAL.format(model=section["model"] or "not run", most=section["most"], fewest=FEWEST_OF_EACH)
    if not section["tasks"]:
        yield "Not run: no model was given (`--backend local`), or there was no time."
    for task in section["tasks"]:
        yield from _task(task)


def _summary(document: Mapping[str, Any]) -> Iterator[str]:
    yield "\n## Who beats every baseline\n"
    for task in (*document["truth"], *document["local"]["tasks"]):
        if not task["figures"]:
            continue
        where = " (local model's sample)" if task in document["local"]["tasks"] else ""
        clear = ", ".join(task["figures"]["clear"]) or "nobody"
        yield f"- {task['source']}, {task['title']}{where}: {clear}"


def _estimate(value: Mapping[str, Any] | None, sign: str = "") -> str:
    if value is None or value["value"] is None:
        return "-"
    interval = "" if value["low"] is None else f" [{value['low']:{sign}.2f}, {value['high']:{sign}.2f}]"
    return f"{value['value']:{sign}.2f}{interval}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(cells) + " |" for cells in (headings, *rows)]
    lines.insert(1, "|" + "---|" * len(headings))
    return "\n".join(lines)
