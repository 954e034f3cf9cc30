"""`python -m monitors.patterns FOLDER`: fit the table of clean texts to public transcripts and write it here.

`python -m monitors.patterns FOLDER check [N]` prints how honest the p-values are on the other half, by model family, on
every N-th text.
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from monitors.patterns import alphabet, concepts, fitting, laws, survey, tables, verdict
from monitors.patterns.fitting import CleanText
from monitors.patterns.public_texts import clean_texts

_THRESHOLD, _ONE_PERCENT = math.log(0.003), math.log(0.01)


def main(folder: Path) -> None:
    """Texts without a requested payload; half of the groups, by hash."""
    texts = [text for text in clean_texts(folder) if fitting.is_fitted(text.group)][
        :: int(sys.argv[2]) if len(sys.argv) > 2 else 1
    ]
    _write(fitting.table(fitting.gather(texts)))
    evidence = [verdict.channel_evidence(survey.survey(text.layout, text.prompt)) for text in texts]
    _add_tails(texts, evidence)
    wholes = [verdict.whole(len(text.layout.text)) for text in texts]
    named = [{name: verdict.together(found)} if found else {} for name, found in zip(wholes, evidence, strict=True)]
    _add_tails(texts, named)


def _add_tails(texts: Sequence[CleanText], evidence: Sequence[Mapping[str, float]]) -> None:
    known = tables.tables()
    _write({**known, "tails": {**known.get("tails", {}), **fitting.tails(texts, evidence)}})


def check(folder: Path, every: int) -> None:
    """Share of p < 0.01 of each channel and family, and of texts above the default threshold."""
    texts = [text for text in clean_texts(folder) if not fitting.is_fitted(text.group)][::every]
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("texts", "flagged")}
    channels: dict[str, list[float]] = defaultdict(list)
    for text in texts:
        evidence = verdict.channel_evidence(survey.survey(text.layout, text.prompt))
        if not evidence:
            continue
        counts["texts"][text.family] += 1
        counts["flagged"][text.family] += _is_flagged(text, evidence)
        for channel, value in evidence.items():
            channels[channel].append(verdict.log_p(channel, value))
    for family, n in sorted(counts["texts"].items()):
        sys.stdout.write(f"| {family} | {n} | {counts['flagged'][family]} |\n")
    for channel, found in sorted(channels.items()):
        n_low = sum(value < _ONE_PERCENT for value in found)
        sys.stdout.write(f"| {channel} | {len(found)} | {n_low} | {n_low / len(found):.4f} |\n")


def _is_flagged(text: CleanText, evidence: Mapping[str, float]) -> bool:
    return verdict.log_tail(verdict.whole(len(text.layout.text)), verdict.together(evidence)) < _THRESHOLD


def _write(found: dict[str, Any]) -> None:
    text = ",\n".join(f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in found.items())
    Path(__file__).with_name("clean_texts.json").write_text(f"{{\n{text}\n}}\n")
    cached = (
        tables.tables,
        *laws.CACHED,
        *concepts.CACHED,
        verdict.known_tail,
    )
    for function in (*cached, *alphabet.CACHED):
        function.cache_clear()


if __name__ == "__main__":
    if sys.argv[2:3] == ["check"]:
        check(Path(sys.argv[1]), int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    else:
        main(Path(sys.argv[1]))
